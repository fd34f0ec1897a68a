#include "compute/routes/app.h"
#include "services/base/fields.h"

// Nova's old door to the volume service and to tenant networks, open up to 2.35, with the user's
// own token.
namespace nuri::compute {

namespace {

constexpr int kLast = 35;

std::string volumes_at(const Context& c, const std::string& rest) {
  return "/v3/" + c.claims.project_id + rest;
}

Json attachment_of(const Json& a) {
  return Json::object({{"id", a["volume_id"]},
                       {"volumeId", a["volume_id"]},
                       {"serverId", a["server_id"]},
                       {"device", a["device"].as_string()}});
}

Json volume_json(const Json& v) {
  Json attachments = Json::array();
  for (const Json& a : v["attachments"].as_array()) attachments.push_back(attachment_of(a));
  if (attachments.size() == 0) attachments.push_back(Json::object());
  return Json::object({{"id", v["id"]},
                       {"status", v["status"]},
                       {"size", v["size"]},
                       {"availabilityZone", v["availability_zone"].as_string()},
                       {"createdAt", v["created_at"]},
                       {"displayName", v["name"]},
                       {"displayDescription", v["description"]},
                       {"volumeType", v["volume_type"]},
                       {"snapshotId", v["snapshot_id"]},
                       {"metadata", v["metadata"].is_object() ? v["metadata"] : Json::object()},
                       {"attachments", attachments}});
}

Json snapshot_json(const Json& s) {
  return Json::object({{"id", s["id"]},
                       {"status", s["status"]},
                       {"size", s["size"]},
                       {"volumeId", s["volume_id"]},
                       {"createdAt", s["created_at"]},
                       {"displayName", s["name"]},
                       {"displayDescription", s["description"]}});
}

// A kind of thing that is passed on: its name here and in the volume service, and its shape here.
struct Kind {
  const char *path, *target, *one, *many;
  Json (*view)(const Json&);
};
const Kind kVolume = {"/v2.1/os-volumes", "/volumes", "volume", "volumes", volume_json};
const Kind kSnapshot = {"/v2.1/os-snapshots", "/snapshots", "snapshot", "snapshots", snapshot_json};

Result<Response> list(App& app, const Request& q, const Context& c, const Kind& kind) {
  TRYV(only_in(c, 1, kLast));
  TRYV(no_empty_id(q));
  int64_t limit = TRY(limit_of(q));
  int64_t skip = 0;
  if (const std::string* offset = q.query.find("offset")) {
    FieldRules rules;
    rules.name = "offset";
    rules.type = "integer";
    rules.min = 0;
    rules.max = INT32_MAX;
    TRYV(check_field(rules, Json(*offset)));
    skip = std::stoll(*offset);
  }
  Json got = TRY(app.peers.storage.call(
      "GET", volumes_at(c, std::string(kind.target) + "/detail?limit=1000"), {}, c.token));
  Json out = Json::array();
  for (const Json& item : got[kind.many].as_array()) {
    if (skip-- > 0 || static_cast<int64_t>(out.size()) >= limit) continue;
    out.push_back(kind.view(item));
  }
  return Response::json(200, Json::object({{kind.many, out}}));
}

Result<Response> show(App& app, const Context& c, const Kind& kind) {
  TRYV(only_in(c, 1, kLast));
  Json got = TRY(app.peers.storage.call(
      "GET", volumes_at(c, std::string(kind.target) + "/" + percent_encode(c.param("id"))), {},
      c.token));
  return Response::json(200, Json::object({{kind.one, kind.view(got[kind.one])}}));
}

Result<Response> remove(App& app, const Context& c, const Kind& kind) {
  TRYV(only_in(c, 1, kLast));
  TRYV(app.peers.storage.call(
      "DELETE", volumes_at(c, std::string(kind.target) + "/" + percent_encode(c.param("id"))), {},
      c.token));
  return Response::empty(202);
}

struct VolumeIn {
  int64_t size = 0;
  std::optional<std::string> name, description, type, zone, snapshot_id;
  StringMap metadata;
};

Result<Response> create_volume(App& app, const Request& q, const Context& c) {
  TRYV(only_in(c, 1, kLast));
  using V = VolumeIn;
  static const Fields<V> kFields(
      "volume", Fields<V>::Unknown::refuse,
      {number("size", &V::size).required_().range(1, INT32_MAX),
       text("display_name", &V::name).length(0, 255).nullable_(),
       text("display_description", &V::description).length(0, 255).nullable_(),
       text("volume_type", &V::type).length(1, 255).nullable_(),
       text("availability_zone", &V::zone).length(1, 255).nullable_(),
       text("snapshot_id", &V::snapshot_id).length(1, 255).nullable_(),
       string_map("metadata", &V::metadata)});
  V in = TRY(kFields.read(TRY(body_member(q.body, "volume"))));
  Json volume = Json::object({{"size", in.size}, {"metadata", string_map_json(in.metadata)}});
  for (auto [name, value] :
       {std::pair{"name", &in.name}, std::pair{"description", &in.description},
        std::pair{"volume_type", &in.type}, std::pair{"availability_zone", &in.zone},
        std::pair{"snapshot_id", &in.snapshot_id}}) {
    if (*value) volume.set(name, **value);
  }
  Json made = TRY(app.peers.storage.call("POST", volumes_at(c, "/volumes"),
                                         Json::object({{"volume", volume}}), c.token));
  return Response::json(200, Json::object({{"volume", volume_json(made["volume"])}}));
}

struct SnapshotIn {
  std::string volume_id;
  std::optional<std::string> name, description;
  bool force = false;
};

Result<Response> create_snapshot(App& app, const Request& q, const Context& c) {
  TRYV(only_in(c, 1, kLast));
  using S = SnapshotIn;
  static const Fields<S> kFields(
      "snapshot", Fields<S>::Unknown::refuse,
      {text("volume_id", &S::volume_id).required_().length(1, 255),
       text("display_name", &S::name).length(0, 255).nullable_(),
       text("display_description", &S::description).length(0, 255).nullable_(),
       boolean("force", &S::force)});
  S in = TRY(kFields.read(TRY(body_member(q.body, "snapshot"))));
  Json snapshot = Json::object({{"volume_id", in.volume_id}, {"force", in.force}});
  if (in.name) snapshot.set("name", *in.name);
  if (in.description) snapshot.set("description", *in.description);
  Json made = TRY(app.peers.storage.call("POST", volumes_at(c, "/snapshots"),
                                         Json::object({{"snapshot", snapshot}}), c.token));
  return Response::json(200, Json::object({{"snapshot", snapshot_json(made["snapshot"])}}));
}

void add_kind(Router& router, App& app, const Kind& kind) {
  std::string all = kind.path, one = all + "/{id}";
  for (const char* tail : {"", "/detail"})
    router.add("GET", all + tail, Access::reader,
               [&app, &kind](const Request& q, Context& c) { return list(app, q, c, kind); });
  router.add("GET", one, Access::reader,
             [&app, &kind](const Request&, Context& c) { return show(app, c, kind); });
  router.add("DELETE", one, Access::member,
             [&app, &kind](const Request&, Context& c) { return remove(app, c, kind); });
}

// Networks the project may use, in the three fields Nova knew of them.
Json tenant_network(const Json& n) {
  return Json::object({{"id", n["id"]}, {"label", n["name"]}, {"cidr", "None"}});
}

void add_tenant_networks(Router& router, App& app) {
  const std::string all = "/v2.1/os-tenant-networks";
  router.add("GET", all, Access::reader, [&app](const Request&, Context& c) -> Result<Response> {
    TRYV(only_in(c, 1, kLast));
    Json got = TRY(app.peers.network.call("GET", "/v2.0/networks", {}, c.token));
    Json out = Json::array();
    for (const Json& n : got["networks"].as_array()) {
      if (n["project_id"].as_string() == c.claims.project_id || n["shared"].as_bool())
        out.push_back(tenant_network(n));
    }
    return Response::json(200, Json::object({{"networks", out}}));
  });
  router.add(
      "GET", all + "/{id}", Access::reader, [&app](const Request&, Context& c) -> Result<Response> {
        TRYV(only_in(c, 1, kLast));
        Json got = TRY(app.peers.network.call(
            "GET", "/v2.0/networks/" + percent_encode(c.param("id")), {}, c.token));
        return Response::json(200, Json::object({{"network", tenant_network(got["network"])}}));
      });
}

// What Nova has given up altogether: gone, whatever the microversion.
void add_gone(Router& router) {
  Handler gone = [](const Request& q, Context&) -> Result<Response> {
    if (q.method != "GET" && !TRY(parse_json(q.body)).is_object())
      return bad_request("The body must be a JSON object.");
    return Error(ErrorCode::gone,
                 "This API is gone; it was of networks and hosts that Nova once ran itself.");
  };
  for (auto [method, path] :
       {std::pair{"GET", "/v2.1/os-floating-ips-bulk"},
        std::pair{"POST", "/v2.1/os-floating-ips-bulk"},
        std::pair{"PUT", "/v2.1/os-floating-ips-bulk/delete"}, std::pair{"GET", "/v2.1/os-cells"},
        std::pair{"GET", "/v2.1/os-fping"}, std::pair{"GET", "/v2.1/os-fixed-ips/{ip}"},
        std::pair{"GET", "/v2.1/os-floating-ip-dns"}, std::pair{"GET", "/v2.1/os-agents"},
        std::pair{"GET", "/v2.1/os-certificates/{id}"}, std::pair{"GET", "/v2.1/os-cloudpipe"}}) {
    bool reads = std::string_view(method) == "GET";
    router.add(method, path, reads ? Access::reader : Access::member, gone);
  }
}

}  // namespace

void add_legacy_volume_routes(Router& router, App& app) {
  add_kind(router, app, kVolume);
  add_kind(router, app, kSnapshot);
  router.add("POST", kVolume.path, Access::member,
             [&app](const Request& q, Context& c) { return create_volume(app, q, c); });
  router.add("POST", kSnapshot.path, Access::member,
             [&app](const Request& q, Context& c) { return create_snapshot(app, q, c); });
  add_tenant_networks(router, app);
  add_gone(router);
  router.add("GET", "/v2.1/servers/{id}/os-virtual-interfaces", Access::reader,
             [&app](const Request&, Context& c) -> Result<Response> {
               TRYV(only_in(c, 1, 43));
               TRYV(app.load(c, c.param("id")));
               return bad_request(
                   "Listing virtual interfaces is not supported by this cloud's "
                   "network service; see os-interface.");
             });
}

}  // namespace nuri::compute
