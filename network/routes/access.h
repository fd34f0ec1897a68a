#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/base/router.h"

// The one table of who may call which route.
namespace nuri::network {

struct AccessRule {
  std::string_view method, pattern;
  Access access;
};
extern const std::vector<AccessRule> kAccess;

// A route that the table does not know is for services of the cloud only: it fails closed.
Access access_of(std::string_view method, std::string_view pattern);
Route& add_route(Router& router, const std::string& method, const std::string& pattern,
                 Handler handler);

}  // namespace nuri::network
