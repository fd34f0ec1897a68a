#include "compute/api/hints.h"

#include "services/base/random.h"

namespace nuri::compute {

namespace {

constexpr size_t kMaxServers = 100;

Result<std::vector<std::string>> servers_of(const Json& hints, const char* name) {
  const Json& value = hints[name];
  std::vector<std::string> out;
  if (value.is_null()) return out;
  Json list = value.is_array() ? value : Json::array({value});
  if (list.size() > kMaxServers)
    return bad_request(std::string(name) + " names at most 100 servers.", name);
  for (const Json& id : list.as_array()) {
    if (!id.is_string() || !is_uuid_like(id.as_string()))
      return bad_request("Invalid input for field/attribute " + std::string(name) +
                             ". It must be a server's UUID or a list of them.",
                         name);
    out.push_back(id.as_string());
  }
  return out;
}

}  // namespace

Result<HintWish> read_hints(const Json& body) {
  HintWish out;
  for (const auto& [key, value] : body.as_object()) {
    if (key == "server") continue;
    if (key != "os:scheduler_hints" && key != "OS-SCH-HNT:scheduler_hints")
      return bad_request(
          "Additional properties are not allowed ('" + key.substr(0, 255) + "' was unexpected).",
          key.substr(0, 255));
    if (!value.is_object()) return bad_request(key + " must be an object.", key);
    const Json& group = value["group"];
    if (!group.is_null() && (!group.is_string() || !is_uuid_like(group.as_string())))
      return bad_request(
          "Invalid input for field/attribute group. It must be a server group's UUID.", "group");
    out.group = group.as_string();
    out.same_host = TRY(servers_of(value, "same_host"));
    out.different_host = TRY(servers_of(value, "different_host"));
  }
  return out;
}

}  // namespace nuri::compute
