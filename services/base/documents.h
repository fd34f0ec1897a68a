#pragma once

#include <string>
#include <vector>

#include "services/base/router.h"
#include "services/base/schema_like.h"

namespace nuri {

// What routes say of themselves in the OpenAPI document, told in one place instead of at each
// Router::add: `add("GET", "/v3/{project_id}/volumes").says("...").lists("volumes", kVolume)`.
// What a route says where it is added comes first.
class Documents {
 public:
  Route& add(std::string method, std::string pattern) {
    Route r;
    r.method = std::move(method);
    r.pattern = std::move(pattern);
    return list_.emplace_back(std::move(r));
  }
  // With an example of its answer.
  Route& like(const char* method, std::string pattern, const char* example) {
    return add(method, std::move(pattern)).answers(schema_like(example));
  }
  const RouteDoc* find(const std::string& method, const std::string& pattern) const {
    for (const Route& r : list_) {
      if (r.method == method && r.pattern == pattern) return &r.doc;
    }
    return nullptr;
  }
  const std::vector<Route>& list() const { return list_; }

 private:
  std::vector<Route> list_;
};

}  // namespace nuri
