#pragma once

#include "services/base/documents.h"

namespace nuri::network {

// Of the routes that have no table of their own, for the OpenAPI document.
Documents documents();

}  // namespace nuri::network
