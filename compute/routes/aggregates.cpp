#include <algorithm>

#include "compute/routes/hosts_common.h"
#include "services/base/fields.h"

// Host aggregates: their metadata says in which zone their hosts are and what flavors may ask for.
namespace nuri::compute {

namespace {

constexpr const char* kZone = "availability_zone";
constexpr size_t kMaxImages = 50;

struct AggregateIn {
  std::optional<std::string> name, zone;
};

std::string edge_spaces(const Json& v) {
  const std::string& s = v.as_string();
  bool edge = !s.empty() && (s.front() == ' ' || s.back() == ' ');
  return edge ? "It must not begin or end with a space." : "";
}
std::string zone_problem(const Json& v) {
  return v.as_string().find(':') == std::string::npos ? edge_spaces(v) : "It must not hold a ':'.";
}

Result<AggregateIn> read_aggregate(const Request& request, bool creating) {
  using A = AggregateIn;
  static const Fields<A> kFields(
      "aggregate", Fields<A>::Unknown::refuse,
      {text("name", &A::name).length(1, 255).format_("name").checked(edge_spaces),
       text(kZone, &A::zone).length(1, 255).checked(zone_problem).nullable_()});
  A in = TRY(kFields.read(TRY(body_member(request.body, "aggregate"))));
  if (creating && !in.name) return bad_request("'name' is a required property.", "name");
  if (!creating && !in.name && !in.zone)
    return bad_request("Nothing to change: give name or availability_zone.", "name");
  return in;
}

Json aggregate_json(const Aggregate& a, int version, bool whole = true) {
  const Json metadata = parse_json(a.metadata).value_or(Json::object());
  Json out = Json::object({{"id", a.id},
                           {"name", a.name},
                           {kZone, null_if_empty(metadata[kZone].as_string())},
                           {"created_at", iso_naive(a.created_us)},
                           {"updated_at", a.updated_us ? Json(iso_naive(a.updated_us)) : Json()},
                           {"deleted_at", Json()},
                           {"deleted", false}});
  if (whole) out.set("hosts", Json::strings(a.hosts)).set("metadata", metadata);
  if (version >= 41) out.set("uuid", a.uuid);
  return out;
}
Response answer(const Aggregate& a, int version, bool whole = true) {
  return Response::json(200, Json::object({{"aggregate", aggregate_json(a, version, whole)}}));
}

Result<Aggregate> load(db::Session& s, const Context& c) {
  const std::string& id = c.param("id");
  bool number =
      !id.empty() && id.size() <= 18 && id.find_first_not_of("0123456789") == std::string::npos;
  auto a = number ? find_aggregate(s, std::stoll(id)) : std::nullopt;
  if (!a) return not_found("Aggregate " + id.substr(0, 255) + " could not be found.");
  return std::move(*a);
}

Status name_free(db::Session& s, const std::string& name, int64_t id) {
  if (s.count("SELECT count(*) FROM aggregates WHERE name=?1 AND id<>?2", {name, id}) == 0)
    return {};
  return conflict("Aggregate " + name + " already exists.");
}

// A host is in one zone: no aggregate may put it into another, and none may take its zone away
// while servers were put there for it.
Status zone_allowed(db::Session& s, const Aggregate& a, const std::vector<std::string>& hosts,
                    const std::string& zone) {
  if (zone.empty()) return {};
  for (const Aggregate& other : list_aggregates(s)) {
    if (other.id == a.id) continue;
    std::string its = parse_json(other.metadata).value_or(Json())[kZone].as_string();
    if (its.empty() || its == zone) continue;
    for (const auto& host : other.hosts) {
      if (std::find(hosts.begin(), hosts.end(), host) != hosts.end())
        return conflict("Cannot put host " + host + " into availability zone " + zone +
                        ": aggregate " + other.name + " has it in " + its + ".");
    }
  }
  return {};
}

Result<Response> create(App& app, const Request& request, Context& c) {
  AggregateIn in = TRY(read_aggregate(request, true));
  Aggregate a;
  a.uuid = app.random.uuid();
  a.name = *in.name;
  a.metadata = (in.zone ? Json::object({{kZone, *in.zone}}) : Json::object()).dump();
  a.created_us = app.clock.now_us();
  return app.db.write([&](db::Session& s) -> Result<Response> {
    TRYV(name_free(s, a.name, 0));
    a.id = insert_aggregate(s, a);
    return answer(a, c.microversion, false);
  });
}

// `f(Session&, Aggregate&) -> Status` and then saved and shown.
template <class F>
Result<Response> change_one(App& app, const Context& c, F f) {
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Aggregate a = TRY(load(s, c));
    TRYV(f(s, a));
    a.updated_us = app.clock.now_us();
    save_aggregate(s, a);
    return answer(TRY(load(s, c)), c.microversion);
  });
}

Status set_zone(db::Session& s, Aggregate& a, const std::string& zone) {
  TRYV(zone_allowed(s, a, a.hosts, zone));
  Json metadata = parse_json(a.metadata).value_or(Json::object());
  metadata.set(kZone, zone);
  a.metadata = metadata.dump();
  return {};
}

Result<Response> update(App& app, const Request& request, Context& c) {
  AggregateIn in = TRY(read_aggregate(request, false));
  return change_one(app, c, [&](db::Session& s, Aggregate& a) -> Status {
    if (in.name) {
      TRYV(name_free(s, *in.name, a.id));
      a.name = *in.name;
    }
    return in.zone ? set_zone(s, a, *in.zone) : Status{};
  });
}

Status change_host(db::Session& s, const Aggregate& a, const Json& argument, bool add) {
  const std::string& host = argument["host"].as_string();
  bool ok = argument.is_object() && argument.size() == 1 && argument["host"].is_string() &&
            !host.empty() && host.size() <= 255;
  if (!ok) return bad_request("'host' is a required property: a host's name.", "host");
  bool there = std::find(a.hosts.begin(), a.hosts.end(), host) != a.hosts.end();
  if (!add) {
    if (drop_aggregate_host(s, a.id, host)) return {};
    return not_found("Cannot remove host " + host + " in aggregate " + std::to_string(a.id) +
                     ": not found");
  }
  if (!find_host(s, host)) return not_found("Compute host " + host + " could not be found.");
  if (there)
    return conflict("Cannot add host " + host + " in aggregate " + std::to_string(a.id) +
                    ": host exists");
  TRYV(zone_allowed(s, a, {host}, parse_json(a.metadata).value_or(Json())[kZone].as_string()));
  add_aggregate_host(s, a.id, host);
  return {};
}

Status set_metadata(db::Session& s, Aggregate& a, const Json& argument) {
  const Json& wanted = argument["metadata"];
  if (!argument.is_object() || argument.size() != 1 || !wanted.is_object())
    return bad_request("'metadata' is a required property: an object.", "metadata");
  Json metadata = parse_json(a.metadata).value_or(Json::object());
  for (const auto& [key, value] : wanted.as_object()) {
    bool fits = !key.empty() && key.size() <= 255 && (value.is_null() || value.is_string()) &&
                value.as_string().size() <= 255;
    if (!fits)
      return bad_request(
          "metadata has keys of 1 to 255 characters and values of at most 255 (null removes one).",
          "metadata");
    if (key == kZone && value.is_string()) TRYV(zone_allowed(s, a, a.hosts, value.as_string()));
    if (value.is_null())
      metadata.erase(key);
    else
      metadata.set(key, value);
  }
  a.metadata = metadata.dump();
  return {};
}

Result<Response> act(App& app, const Request& request, Context& c) {
  const Json body = TRY(parse_json(request.body));
  if (!body.is_object() || body.size() != 1)
    return bad_request("The body must be an object with one member, which names the action.");
  const auto& [name, argument] = body.as_object().front();
  if (name != "add_host" && name != "remove_host" && name != "set_metadata")
    return bad_request("There is no such action: " + name.substr(0, 255), "action");
  return change_one(app, c, [&](db::Session& s, Aggregate& a) -> Status {
    if (name == "set_metadata") return set_metadata(s, a, argument);
    return change_host(s, a, argument, name == "add_host");
  });
}

Result<Response> remove(App& app, Context& c) {
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Aggregate a = TRY(load(s, c));
    if (!a.hosts.empty())
      return bad_request("Cannot remove aggregate " + std::to_string(a.id) +
                         ": it still has hosts; remove them first.");
    erase_aggregate(s, a.id);
    return Response::empty(200);
  });
}

// 2.81: which images its hosts should fetch ahead. An image is fetched when it is first needed.
Result<Response> cache_images(App& app, const Request& request, Context& c) {
  Json list = TRY(body_member(request.body, "cache"));
  TRYV(only_in(c, 81, INT_MAX));
  if (!list.is_array() || list.size() == 0 || list.size() > kMaxImages)
    return bad_request("cache must be a list of 1 to 50 images: [{\"id\": ...}].", "cache");
  return app.db.read([&](db::Session& s) -> Result<Response> {
    TRYV(load(s, c));
    return Error(ErrorCode::not_implemented,
                 "This cloud's hosts fetch images when they need them.");
  });
}

}  // namespace

void add_aggregate_routes(Router& router, App& app) {
  const std::string all = "/v2.1/os-aggregates", one = all + "/{id}";
  router.add("GET", all, Access::admin, [&app](const Request&, Context& c) {
    return app.db.read([&](db::Session& s) -> Result<Response> {
      Json out = Json::array();
      for (const Aggregate& a : list_aggregates(s))
        out.push_back(aggregate_json(a, c.microversion));
      return Response::json(200, Json::object({{"aggregates", out}}));
    });
  });
  router.add("POST", all, Access::admin,
             [&app](const Request& q, Context& c) { return create(app, q, c); });
  router.add("GET", one, Access::admin, [&app](const Request&, Context& c) {
    return app.db.read([&](db::Session& s) -> Result<Response> {
      return answer(TRY(load(s, c)), c.microversion);
    });
  });
  router.add("PUT", one, Access::admin,
             [&app](const Request& q, Context& c) { return update(app, q, c); });
  router.add("DELETE", one, Access::admin,
             [&app](const Request&, Context& c) { return remove(app, c); });
  router.add("POST", one + "/action", Access::admin,
             [&app](const Request& q, Context& c) { return act(app, q, c); });
  router.add("POST", one + "/images", Access::admin,
             [&app](const Request& q, Context& c) { return cache_images(app, q, c); });
}

}  // namespace nuri::compute
