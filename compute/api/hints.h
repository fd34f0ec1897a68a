#pragma once

#include <string>
#include <vector>

#include "services/base/json.h"

namespace nuri::compute {

// os:scheduler_hints of a create request: what this cloud heeds of them.
struct HintWish {
  std::string group;                                   // a server group's id
  std::vector<std::string> same_host, different_host;  // servers' ids
};
// `body` is the whole request. Refuses members besides "server" and the hints, and hints that are
// not what they must be. Error: bad_request.
Result<HintWish> read_hints(const Json& body);

}  // namespace nuri::compute
