#pragma once

#include <string>

#include "services/base/documents.h"

// The OpenAPI 3.1 document of a service, made from its routes and their field tables.
namespace nuri::conduct {

// Every route of the router. Bodies whose table no route names are generic objects, counted in
// info["x-nuri-generic-bodies"].
Json openapi_document(const Router& router, const std::string& service,
                      const Documents& documents = {});

// GET /openapi.json, for anybody. Made once, at the first call.
void add_openapi_route(Router& router, const std::string& service, Documents documents = {});

}  // namespace nuri::conduct
