#pragma once

#include <string_view>
#include <vector>

#include "services/base/router.h"

namespace nuri::image {

class Api;

// Whose image a route works on, besides the role that its Access asks for.
enum class Whose {
  none,    // no image in the path
  seen,    // any that the caller sees: own, public, community, shared with its project
  owned,   // its project's own; 403 where it only sees it
  shared,  // a membership of the caller's project
};

// One line a route: who may call it. The whole of the service's policy but for what depends on the
// request's content: making an image public or giving it to another project (administrators),
// reading the data of a deactivated image (administrators): see check_privileges and Api::download.
struct Rule {
  std::string_view method, pattern;
  Access access = Access::reader;
  Whose whose = Whose::none;
  Result<Response> (*handler)(Api&, const Request&, Context&) = nullptr;
  Body body = Body::memory;
  RouteDoc doc = {};
};
const std::vector<Rule>& rules();
std::vector<Rule> metadef_rules();  // a part of them

}  // namespace nuri::image
