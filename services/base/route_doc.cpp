#include "services/base/route_doc.h"

namespace nuri {

namespace {
Json object_with(const std::string& member, Json inner) {
  Json properties = Json::object();
  properties.set(member, std::move(inner));
  return Json::object({{"type", "object"},
                       {"properties", std::move(properties)},
                       {"required", Json::array({member})}});
}
}  // namespace

Schema schema_of(Json fixed) {
  return [fixed = std::move(fixed)](int, bool) { return fixed; };
}

Schema wrapped(std::string member, Schema inner) {
  return [member = std::move(member), inner = std::move(inner)](int version, bool reading) {
    return object_with(member, inner(version, reading));
  };
}

Schema listed(std::string member, Schema inner) {
  return [member = std::move(member), inner = std::move(inner)](int version, bool reading) {
    return object_with(member,
                       Json::object({{"type", "array"}, {"items", inner(version, reading)}}));
  };
}

}  // namespace nuri
