#pragma once

#include <string>

#include "services/base/claims.h"
#include "services/base/request.h"

// An application credential may be limited to some requests: its access rules. A token carries them
// as notes among its audit ids, since each service checks tokens by itself.
namespace nuri {

// service: a type of the catalog ("compute"); path as the service sees it ("/v2.1/servers/{id}"): "*" and
// "{...}" stand for one segment, "**" for any number of them.
std::string access_note(const std::string& service, const std::string& method, const std::string& path);
// May the token ask this? True for each token without rules. Which service is asked the gateway's prefix
// tells; a request that has not come through it fits no rule.
bool access_permitted(const Claims& claims, const Request& request);

}  // namespace nuri
