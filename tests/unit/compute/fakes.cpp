#include <algorithm>
#include <utility>

#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

Result<std::shared_ptr<const Claims>> FakeTokens::check(std::string_view token) {
  auto claims = std::make_shared<Claims>();
  std::string word(token);
  claims->user_id = "user-" + word;
  claims->user_name = word;
  claims->scope = Claims::Scope::project;
  claims->project_id = word == "foreign" ? kOtherProject : kProject;
  if (word == "agent") {
    claims->service = "agent";
    claims->host = "host1";
  } else if (word == "service") {
    claims->service = "metering";
  } else if (word == "system-reader") {
    claims->scope = Claims::Scope::system;
    claims->project_id.clear();
    claims->roles = {{"r", "reader"}};
  } else if (word == "foreign") {
    claims->roles = {{"r", "member"}};
  } else if (word == "admin" || word == "member" || word == "reader") {
    claims->roles = {{"r", word}};
  } else {
    return Error(ErrorCode::unauthorized, "no such token");
  }
  return std::shared_ptr<const Claims>(claims);
}

namespace {

// "/a/b?x=y" -> {"a", "b"}
std::vector<std::string> parts(const std::string& target) {
  std::vector<std::string> out;
  std::string path = target.substr(0, target.find('?'));
  for (size_t at = 1; at < path.size();) {
    size_t slash = std::min(path.find('/', at), path.size());
    out.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return out;
}

}  // namespace

Json FakeNetwork::described(const std::string& id) const {
  const Json& port = ports.at(id);
  Json addresses = Json::array();
  for (const Json& ip : port["fixed_ips"].as_array()) {
    addresses.push_back(Json::object({{"ip", ip["ip_address"]},
                                      {"prefix", 24},
                                      {"version", 4},
                                      {"subnet_id", ip["subnet_id"]},
                                      {"gateway", "10.0.0.1"},
                                      {"dns", Json::array()}}));
  }
  return Json::object(
      {{"port", port},
       {"network", Json::object({{"id", kNetwork}, {"name", "private"}, {"mtu", 1442}})},
       {"addresses", addresses},
       {"metadata_port", Json::object({{"name", "md-" + kNetwork},
                                       {"mac", "fa:16:3e:00:00:01"},
                                       {"addresses", Json::array({"10.0.0.2/24"})}})}});
}

Result<Json> FakeNetwork::call(std::string_view method, const std::string& target, const Json& body,
                               const std::string& user_token) {
  if (away) return unavailable("the network service is away");
  auto p = parts(target);
  auto fresh = [this] {
    return Json::array({Json::object({{"ip_address", "10.0.0." + std::to_string(next_address_++)},
                                      {"subnet_id", "dddddddd-0000-4000-8000-000000000001"}})});
  };
  if (p[0] == "internal") {
    EXPECT_TRUE(user_token.empty()) << target;
    if (p[2] == "floatingips")
      return Json::object({{"floatingips", Json(Json::Array(floating.begin(), floating.end()))}});
    if (method == "DELETE" && p.size() == 3) {  // all of a server that is gone
      std::string device = target.substr(target.find('=') + 1);
      for (auto it = ports.begin(); it != ports.end();) {
        bool theirs = it->second["device_id"].as_string() == device;
        bool user = theirs && user_ports.count(it->first);
        if (user) it->second.set("device_id", "");
        it = theirs && !user ? ports.erase(it) : std::next(it);
      }
      return Json();
    }
    const std::string& id = p.at(3);
    bool binding = p.size() > 4;
    if (method == "PUT" && at_put) std::exchange(at_put, nullptr)();
    if (method == "PUT" && !binding) {
      if (!refuse_ports.empty()) return conflict(refuse_ports);
      if (!ports.count(id)) {
        Json port = body["port"];
        port.set("id", id).set("mac_address", "fa:16:3e:00:01:01").set("status", "DOWN");
        port.set("fixed_ips", fresh());
        ports[id] = port;
      }
      return described(id);
    }
    if (!ports.count(id))
      return method == "DELETE" && !binding ? Result<Json>(Json())
                                            : Result<Json>(not_found("no port " + id));
    if (method == "DELETE" && !binding) {
      EXPECT_FALSE(user_ports.count(id)) << "a user's port was deleted";
      ports.erase(id);
      return Json();
    }
    if (method == "PUT") {
      EXPECT_EQ(body["project_id"], ports[id]["project_id"]);
      ports[id].set("device_id", body["device_id"]);
    }
    if (method == "DELETE") ports[id].set("device_id", "");
    return described(id);
  }
  Json network = Json::object({{"id", kNetwork},
                               {"name", "private"},
                               {"project_id", kProject},
                               {"shared", false},
                               {"router:external", false},
                               {"subnets", Json::array({"s1"})}});
  if (p[1] == "networks" && p.size() == 2)
    return Json::object({{"networks", Json::array({network})}});
  if (p[1] == "networks")
    return p[2] == kNetwork ? Result<Json>(Json::object({{"network", network}}))
                            : Result<Json>(not_found("no network"));
  if (p[1] == "security-groups" && p.size() == 2)
    return Json::object({{"security_groups", groups}});
  if (p[1] == "floatingips")
    return Json::object({{"floatingips", Json(Json::Array(floating.begin(), floating.end()))}});
  if (p[1] == "ports" && p.size() == 2) {
    Json list = Json::array();
    for (const auto& [id, port] : ports) list.push_back(port);
    return Json::object({{"ports", list}});
  }
  if (p[1] == "ports") {
    if (!ports.count(p[2])) return not_found("no port");
    if (method == "PUT") {
      for (const auto& [k, v] : body["port"].as_object()) ports[p[2]].set(k, v);
      Json ips = ports[p[2]]["fixed_ips"];
      for (Json& ip : ips.array_ref()) {
        if (!ip.contains("ip_address"))
          ip.set("ip_address", "10.0.0." + std::to_string(next_address_++));
      }
      ports[p[2]].set("fixed_ips", ips);
    }
    return Json::object({{"port", ports[p[2]]}});
  }
  return not_found("the fake network has no " + target);
}

// PUT, GET and DELETE /internal/v1/volumes/{id}
Result<Json> FakeStorage::internal_volume(std::string_view method, const std::string& id,
                                          const Json& body) {
  if (method == "DELETE") {
    EXPECT_FALSE(attachments.count(id)) << "deleted while a server has it";
    volumes.erase(id);
    return Json();
  }
  if (method == "PUT" && !volumes.count(id)) {
    if (!refuse_volumes.empty()) return Error(ErrorCode::too_large, refuse_volumes);
    volumes[id] = Json::object({{"id", id},
                                {"status", "available"},
                                {"bootable", "true"},
                                {"made_of", body["volume"]}});
  }
  if (!volumes.count(id)) return not_found("no volume " + id);
  return Json::object({{"volume", Json::object({{"id", id},
                                                {"status", slow ? "creating" : "available"},
                                                {"host", "host1"},
                                                {"ready", !slow}})}});
}

Result<Json> FakeStorage::call(std::string_view method, const std::string& target, const Json& body,
                               const std::string&) {
  auto p = parts(target);
  if (p[0] == "v3" && p[2] == "snapshots") {
    return snapshots.count(p[3]) ? Result<Json>(Json::object({{"snapshot", snapshots[p[3]]}}))
                                 : Result<Json>(not_found("no snapshot"));
  }
  if (p[0] == "v3") {
    return volumes.count(p[3]) ? Result<Json>(Json::object({{"volume", volumes[p[3]]}}))
                               : Result<Json>(not_found("no volume"));
  }
  const std::string& id = p.at(3);
  size_t query = target.find("?project_id=");
  bool foreign = query != std::string::npos && volumes.count(id) &&
                 volumes[id].contains("project_id") &&
                 volumes[id]["project_id"].as_string() != target.substr(query + 12);
  if (foreign && method == "DELETE" && p.size() == 4) return Json();
  if (p.size() == 4) return internal_volume(method, id, body);
  if (method == "DELETE") {
    if (volumes.count(id)) volumes[id].set("status", "available");
    attachments.erase(id);
    return Json();
  }
  if (!volumes.count(id)) return not_found("no volume " + id);
  if (p.size() > 6) {
    volumes[id].set("status", p[6] == "attached" ? "in-use" : "detaching");
    return Json();
  }
  if (attachments.count(id) && attachments[id]["attachment_id"] != body["attachment_id"])
    return conflict("another attachment owns the volume");
  attachments[id] = body;
  return Json::object({{"volume_id", id},
                       {"attachment_id", body["attachment_id"]},
                       {"path", "/v/" + id},
                       {"format", "qcow2"},
                       {"size_gib", 1},
                       {"serial", id.substr(0, 20)},
                       {"ready", true}});
}

Result<Json> FakeImage::call(std::string_view method, const std::string& target, const Json& body,
                             const std::string& user_token) {
  auto p = parts(target);
  bool inside = p[0] == "internal";
  if (!inside && p.size() == 2) {
    Json list = Json::array();
    for (const auto& [key, image] : images) {
      Json flat = image;  // as Glance shows properties
      for (const auto& [k, v] : image["properties"].as_object()) flat.set(k, v);
      list.push_back(flat);
    }
    return Json::object({{"images", list}});
  }
  const std::string id = inside ? p.at(3) : p.at(2);
  EXPECT_EQ(user_token.empty(), inside) << target;
  if (method == "DELETE") {
    EXPECT_TRUE(images.count(id) == 0 || images[id].contains("queued_for")) << "a user's image";
    images.erase(id);
    dropped.insert(id);
    return Json();
  }
  if (method == "PUT") {
    if (!refuse.empty()) return Error(ErrorCode::too_large, refuse);
    if (dropped.count(id)) return Error(ErrorCode::gone, "deleted");
    if (!images.count(id)) {
      Json image = body["image"];
      image.set("id", id).set("status", "queued").set("queued_for", image["host"]);
      images[id] = image;
    }
    return Json::object({{"image", images[id]}});
  }
  return images.count(id) ? Result<Json>(images[id]) : Result<Json>(not_found("no image"));
}

void FakeAgent::post(Control& control, const Json& items) {
  Request r;
  r.method = "POST";
  r.path = "/agent/v1/observed";
  r.query.set("host", "host1");
  r.headers.set("X-Auth-Token", "agent");
  r.body = Json::object({{"items", items}}).dump();
  EXPECT_EQ(control.router.dispatch(r).status, 204);
}

void FakeAgent::say_host(Control& control) {
  post(control, Json::array({Json::object({{"kind", "host"},
                                           {"id", "host1"},
                                           {"seq", ++seq_},
                                           {"state", Json::object({{"hypervisor_type", "QEMU"},
                                                                   {"hypervisor_version", 7002000},
                                                                   {"driver", "sim"},
                                                                   {"arch", "x86_64"},
                                                                   {"vcpus", 8},
                                                                   {"memory_mib", memory_mib},
                                                                   {"disk_gib", 100},
                                                                   {"zone", "nova"},
                                                                   {"address", "127.0.0.1"},
                                                                   {"running", 0}})}})}));
}

void FakeAgent::say_password(Control& control, const std::string& id,
                             const std::string& password) {
  post(control, Json::array({Json::object({{"kind", "password"},
                                           {"id", id},
                                           {"seq", ++seq_},
                                           {"state", Json::object({{"password", password}})}})}));
}

void FakeAgent::step(Control& control) {
  if (dead) return;
  Request r;
  r.method = "GET";
  r.path = "/agent/v1/desired";
  r.query.set("host", "host1");
  r.query.set("after", std::to_string(after_));
  r.query.set("epoch", epoch_);
  r.headers.set("X-Auth-Token", "agent");
  Json got = body_of(control.router.dispatch(r));
  after_ = got["revision"].as_int();
  epoch_ = got["epoch"].as_string();
  Json said = Json::array();
  for (const Json& item : got["items"].as_array()) {
    const std::string& id = item["id"].as_string();
    const Json& spec = item["spec"];
    Json state = Json::object({{"absent", true}, {"revision", item["revision"]}});
    if (spec.is_null()) {
      servers.erase(id);
    } else {
      Json ports = Json::array(), volumes = Json::array();
      for (const Json& p : spec["ports"].as_array()) ports.push_back(p["id"]);
      std::set<std::string> plugged;
      for (const Json& v : spec["volumes"].as_array()) {
        if (takes_volumes) plugged.insert(v["attachment_id"].as_string());
      }
      for (const Json& v : servers[id]["volumes"].as_array()) {
        if (!lets_go) plugged.insert(v.as_string());
      }
      for (const auto& v : plugged) volumes.push_back(v);
      Json snapshot = servers[id]["snapshot"];
      if (spec["snapshot"]["number"].as_int() > snapshot["number"].as_int()) {
        const std::string& image_id = spec["snapshot"]["image_id"].as_string();
        snapshot = Json::object({{"number", spec["snapshot"]["number"]},
                                 {"status", snapshot_fails.empty() ? "done" : "failed"},
                                 {"error", snapshot_fails}});
        if (snapshot_fails.empty() && image->images.count(image_id)) {
          image->images[image_id].set("status", "active").set("size", 5).set("os_hash_value", "cd");
        }
      }
      int64_t keep = spec["disk"]["keep"].as_int();
      state = Json::object(
          {{"revision", item["revision"]},
           {"disk", Json::object({{"number", spec["disk"]["number"]},
                                  {"keep", std::max<int64_t>(keep, 0)}})},
           {"snapshot", snapshot},
           {"rescued", !spec["rescue"].is_null()},
           {"vcpus", spec["flavor"]["vcpus"]},
           {"image", spec["image"]["id"]},
           {"power", fail_with.empty() ? spec["power"] : Json("none")},
           {"phase", fail_with.empty() ? "ready" : "failed"},
           {"error", fail_with},
           {"progress", 100},
           {"reboot_count", spec["reboot"]["count"]},
           {"ports", ports},
           {"volumes", volumes},
           {"trace",
            Json::array({Json::object({{"stage", "disk"}, {"begin_us", 1}, {"end_us", 2}})})}});
      servers[id] = state;
    }
    said.push_back(
        Json::object({{"kind", "server"}, {"id", id}, {"seq", ++seq_}, {"state", state}}));
  }
  if (said.size() > 0) post(control, said);
}

}  // namespace nuri::compute::test
