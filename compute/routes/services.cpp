#include <map>

#include "compute/routes/hosts_common.h"
#include "services/base/fields.h"
#include "services/base/random.h"

// nova-compute services (a host each), and availability zones.
namespace nuri::compute {

namespace {

constexpr const char* kBinary = "nova-compute";
constexpr int kFirstUuid = 53;

Json service_json(const Host& h, int version, TimeUs now) {
  Json out = Json::object({{"id", host_id(h, version)},
                           {"binary", kBinary},
                           {"host", h.name},
                           {"zone", h.zone},
                           {"status", h.enabled ? "enabled" : "disabled"},
                           {"state", host_up(h, now) ? "up" : "down"},
                           {"updated_at", iso_naive(h.seen_us)},
                           {"disabled_reason", null_if_empty(h.disabled_reason)}});
  if (version >= 11) out.set("forced_down", h.forced_down);
  return out;
}

Result<Response> list(App& app, const Request& request, Context& c) {
  std::string host = request.query.get("host"), binary = request.query.get("binary");
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    for (const Host& h : list_hosts(s)) {
      if ((host.empty() || host == h.name) && (binary.empty() || binary == kBinary))
        out.push_back(service_json(h, c.microversion, app.clock.now_us()));
    }
    return Response::json(200, Json::object({{"services", out}}));
  });
}

struct Change {
  std::optional<std::string> status, host, binary, disabled_reason;
  std::optional<bool> forced_down;
};

// From 2.53: PUT /os-services/{id} {"status", "disabled_reason", "forced_down"}.
Result<Change> read_new(const Json& body) {
  using S = Change;
  static const Fields<S> kFields("service", Fields<S>::Unknown::refuse,
                                 {text("status", &S::status).one_of({"enabled", "disabled"}),
                                  text("disabled_reason", &S::disabled_reason).length(1, 255),
                                  boolean("forced_down", &S::forced_down)});
  S in = TRY(kFields.read(body));
  if (!in.status && !in.forced_down)
    return bad_request("Nothing to change: give status or forced_down.", "status");
  if (in.disabled_reason && in.status.value_or("") != "disabled")
    return bad_request("Specifying disabled_reason requires that status is disabled.",
                       "disabled_reason");
  return in;
}

// Before: one path an action, with the host in the body.
Result<Change> read_old(const Json& body, const std::string& what, int version) {
  using S = Change;
  static const Fields<S> kToggle("service", Fields<S>::Unknown::refuse,
                                 {text("host", &S::host).required_().length(1, 255),
                                  text("binary", &S::binary).required_().length(1, 255)});
  static const Fields<S> kReason(
      "service", Fields<S>::Unknown::refuse,
      {text("host", &S::host).required_().length(1, 255),
       text("binary", &S::binary).required_().length(1, 255),
       text("disabled_reason", &S::disabled_reason).required_().length(1, 255)});
  static const Fields<S> kForce("service", Fields<S>::Unknown::refuse,
                                {text("host", &S::host).required_().length(1, 255),
                                 text("binary", &S::binary).required_().length(1, 255),
                                 boolean("forced_down", &S::forced_down)});
  S in;
  if (what == "enable" || what == "disable") {
    in = TRY(kToggle.read(body));
    in.status = what + "d";
  } else if (what == "disable-log-reason") {
    in = TRY(kReason.read(body));
    in.status = "disabled";
  } else if (what == "force-down" && version >= 11) {
    in = TRY(kForce.read(body));
    in.forced_down = in.forced_down.value_or(false);
  } else {
    return not_found("The resource could not be found.");
  }
  return in;
}

Result<Host> find_service(db::Session& s, const Context& c, const Change& in) {
  if (in.host) {
    auto found = find_host(s, *in.host);
    if (!found || in.binary != kBinary)
      return not_found("Could not find binary " + in.binary->substr(0, 80) + " on host " +
                       in.host->substr(0, 255) + ".");
    return std::move(*found);
  }
  const std::string& id = c.param("id");
  if (c.microversion >= kFirstUuid && !is_uuid_like(id))
    return bad_request("Invalid uuid " + id.substr(0, 255), "id");
  for (Host& h : list_hosts(s)) {
    if (host_has_id(h, id)) return std::move(h);
  }
  return not_found("Service " + id.substr(0, 255) + " could not be found.");
}

Json old_answer(const Host& h, const std::string& what) {
  Json out = Json::object({{"host", h.name}, {"binary", kBinary}});
  if (what == "force-down")
    out.set("forced_down", h.forced_down);
  else
    out.set("status", h.enabled ? "enabled" : "disabled");
  if (what == "disable-log-reason") out.set("disabled_reason", h.disabled_reason);
  return out;
}

Result<Response> update(App& app, const Request& request, Context& c) {
  const Json body = TRY(parse_json(request.body));
  if (!body.is_object()) return bad_request("The body must be a JSON object.");
  const std::string& what = c.param("id");
  bool old = c.microversion < kFirstUuid;
  Change in = old ? TRY(read_old(body, what, c.microversion)) : TRY(read_new(body));
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Host h = TRY(find_service(s, c, in));
    if (in.status) {
      h.enabled = *in.status == "enabled";
      h.disabled_reason = h.enabled ? "" : in.disabled_reason.value_or(h.disabled_reason);
    }
    if (in.forced_down) h.forced_down = *in.forced_down;
    save_host(s, h);
    Json out = old ? old_answer(h, what) : service_json(h, c.microversion, app.clock.now_us());
    return Response::json(200, Json::object({{"service", out}}));
  });
}

// A host that still reports comes back by itself.
Result<Response> remove(App& app, Context& c) {
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Host h = TRY(find_service(s, c, {}));
    if (!servers_on(s, h.name).empty())
      return conflict(
          "Unable to delete compute service that is hosting instances. Migrate or "
          "delete the instances first.");
    erase_host(s, h.name);
    return Response::empty(204);
  });
}

Result<Response> zones(App& app, bool full) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    TimeUs now = app.clock.now_us();
    std::map<std::string, Json> hosts;
    std::map<std::string, bool> available;
    for (const Host& h : list_hosts(s)) {
      available[h.zone] = available[h.zone] || (host_up(h, now) && h.enabled);
      Json state = Json::object({{"available", host_up(h, now)},
                                 {"active", h.enabled},
                                 {"updated_at", iso_naive(h.seen_us)}});
      hosts[h.zone].set(h.name, Json::object({{kBinary, state}}));
    }
    Json out = Json::array();
    for (const auto& [zone, up] : available) {
      out.push_back(Json::object({{"zoneName", zone},
                                  {"zoneState", Json::object({{"available", up}})},
                                  {"hosts", full ? hosts[zone] : Json()}}));
    }
    return Response::json(200, Json::object({{"availabilityZoneInfo", out}}));
  });
}

}  // namespace

void add_service_routes(Router& router, App& app) {
  const std::string all = "/v2.1/os-services", one = all + "/{id}";
  router.add("GET", all, Access::admin,
             [&app](const Request& q, Context& c) { return list(app, q, c); });
  router.add("PUT", one, Access::admin,
             [&app](const Request& q, Context& c) { return update(app, q, c); });
  router.add("DELETE", one, Access::admin,
             [&app](const Request&, Context& c) { return remove(app, c); });
  router.add("GET", "/v2.1/os-availability-zone", Access::reader,
             [&app](const Request&, Context&) { return zones(app, false); });
  router.add("GET", "/v2.1/os-availability-zone/detail", Access::admin,
             [&app](const Request&, Context&) { return zones(app, true); });
}

}  // namespace nuri::compute
