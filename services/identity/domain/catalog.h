#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/identity/api/types.h"

namespace nuri::identity {

struct CatalogService {
  std::string id, type, name;
  std::vector<Endpoint> endpoints;
};
using Catalog = std::vector<CatalogService>;

// Enabled services that have an enabled endpoint, in the order of their type.
Catalog make_catalog(const std::vector<Service>& services, const std::vector<Endpoint>& endpoints);

struct CatalogNames {
  std::string base;  // scheme://host[:port] in place of {base}
  std::string
      project_id;  // in place of $(project_id)s and $(tenant_id)s; "" leaves such endpoints out
  std::string user_id;
};

// As in a token's body. An endpoint whose URL needs a name that there is none for is left out.
Json catalog_json(const Catalog& catalog, const CatalogNames& names);

}  // namespace nuri::identity
