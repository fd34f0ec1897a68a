#include "compute/routes/app.h"
#include "services/base/fields.h"

// Server groups. Up to 2.63 a group has a list of one policy and metadata, from 2.64 a policy with
// rules.
namespace nuri::compute {

namespace {

constexpr int kFirstRules = 64, kFirstSoft = 15;

struct Rules {
  std::optional<int64_t> max_server_per_host;
};
struct GroupIn {
  std::string name, policy;
  std::vector<std::string> policies;
  std::optional<Rules> rules;
};

std::string edge_spaces(const Json& v) {
  const std::string& s = v.as_string();
  bool edge = !s.empty() && (s.front() == ' ' || s.back() == ' ');
  return edge ? "It must not begin or end with a space." : "";
}

const Fields<GroupIn>& group_fields() {
  static const Fields<Rules> kRules(
      "rules", Fields<Rules>::Unknown::refuse,
      {number("max_server_per_host", &Rules::max_server_per_host).range(1, INT32_MAX)});
  using G = GroupIn;
  static const Fields<G> kFields(
      "server_group", Fields<G>::Unknown::refuse,
      {text("name", &G::name).required_().length(1, 255).format_("name").checked(edge_spaces),
       strings("policies", &G::policies).required_().length(1, 1).until_(kFirstRules - 1),
       text("policy", &G::policy)
           .required_()
           .one_of({"anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity"})
           .since_(kFirstRules),
       object("rules", &G::rules, kRules).since_(kFirstRules)});
  return kFields;
}

Result<ServerGroup> read_group(const Request& request, int version) {
  GroupIn in = TRY(group_fields().read(TRY(body_member(request.body, "server_group")), version));
  if (version < kFirstRules) in.policy = in.policies.front();
  bool hard = in.policy == "affinity" || in.policy == "anti-affinity";
  bool soft = in.policy == "soft-affinity" || in.policy == "soft-anti-affinity";
  if (!hard && !(soft && version >= kFirstSoft))
    return bad_request(
        "Invalid input for field/attribute policies. Value: " + in.policy.substr(0, 80) +
            ". It must be one of: affinity, anti-affinity" +
            (version >= kFirstSoft ? ", soft-affinity, soft-anti-affinity." : "."),
        "policies");
  if (in.rules && in.rules->max_server_per_host && in.policy != "anti-affinity")
    return bad_request("Only anti-affinity policy supports rules.", "rules");
  ServerGroup g;
  g.name = in.name;
  g.policy = in.policy;
  if (in.rules) g.max_per_host = in.rules->max_server_per_host.value_or(1);
  return g;
}

Json group_json(db::Session& s, const ServerGroup& g, int version) {
  Json out = Json::object({{"id", g.id}, {"name", g.name}});
  if (version >= kFirstRules) {
    Json rules = Json::object();
    if (g.policy == "anti-affinity") rules.set("max_server_per_host", g.max_per_host);
    out.set("policy", g.policy).set("rules", rules);
  } else {
    out.set("policies", Json::array({g.policy})).set("metadata", Json::object());
  }
  out.set("members", Json::strings(group_members(s, g.id)));
  if (version >= 13) out.set("project_id", g.project_id).set("user_id", g.user_id);
  return out;
}

Result<ServerGroup> load(db::Session& s, const Context& c) {
  auto g = find_server_group(s, c.param("id"));
  if (!g || (g->project_id != c.claims.project_id && !c.claims.is_admin()))
    return not_found("Instance group " + c.param("id").substr(0, 255) + " could not be found.");
  return std::move(*g);
}

Result<Response> create(App& app, const Request& request, Context& c) {
  ServerGroup g = TRY(read_group(request, c.microversion));
  g.id = app.random.uuid();
  g.project_id = c.claims.project_id;
  g.user_id = c.claims.user_id;
  g.created_us = app.clock.now_us();
  return app.db.write([&](db::Session& s) -> Result<Response> {
    auto claimed = quota().claim(s, g.project_id, g.id, {{"server_groups", 1}});
    if (!claimed)
      return Error(ErrorCode::over_quota, "Quota exceeded, too many server groups.",
                   "server_groups");
    insert_server_group(s, g);
    return Response::json(200, Json::object({{"server_group", group_json(s, g, c.microversion)}}));
  });
}

Result<Response> list(App& app, const Request& request, Context& c) {
  bool all = c.claims.is_admin() && request.query.contains("all_projects");
  TRYV(need_own_list(c));
  int64_t limit = TRY(limit_of(request));
  int64_t offset = 0;
  if (const std::string* text = request.query.find("offset")) {
    FieldRules rules;
    rules.name = "offset";
    rules.type = "integer";
    rules.min = 0;
    rules.max = INT32_MAX;
    TRYV(check_field(rules, Json(*text)));
    offset = std::stoll(*text);
  }
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    for (const ServerGroup& g :
         list_server_groups(s, all ? "" : c.claims.project_id, offset, limit))
      out.push_back(group_json(s, g, c.microversion));
    return Response::json(200, Json::object({{"server_groups", out}}));
  });
}

}  // namespace

void add_group_routes(Router& router, App& app) {
  const std::string all = "/v2.1/os-server-groups", one = all + "/{id}";
  router.add("GET", all, Access::reader,
             [&app](const Request& q, Context& c) { return list(app, q, c); });
  router
      .add("POST", all, Access::member,
           [&app](const Request& q, Context& c) { return create(app, q, c); })
      .says("Creates a server group")
      .reads("server_group", group_fields())
      .status(200);
  router.add("GET", one, Access::reader, [&app](const Request&, Context& c) {
    return app.db.read([&](db::Session& s) -> Result<Response> {
      ServerGroup g = TRY(load(s, c));
      return Response::json(200,
                            Json::object({{"server_group", group_json(s, g, c.microversion)}}));
    });
  });
  router.add("DELETE", one, Access::member, [&app](const Request&, Context& c) {
    return app.db.write([&](db::Session& s) -> Result<Response> {
      ServerGroup g = TRY(load(s, c));
      erase_server_group(s, g.id);
      quota().release(s, g.id);
      return Response::empty(204);
    });
  });
}

}  // namespace nuri::compute
