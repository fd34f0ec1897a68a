#include <functional>

#include "compute/routes/app.h"
#include "services/base/fields.h"
#include "services/base/random.h"

// Nova's old doors to the network service, open up to 2.35. Everything is done with the user's
// token.
namespace nuri::compute {

namespace {

constexpr int kLast = 35;

using Call = std::function<Result<Response>(const Request&, Context&)>;

// After 2.35 there is no such resource.
Handler until_36(Call f) {
  return [f = std::move(f)](const Request& q, Context& c) -> Result<Response> {
    if (c.microversion > kLast)
      return not_found(
          "This API is no longer available from microversion 2.36 on; use the network service.");
    return f(q, c);
  };
}

Json network_json(const Json& n) {
  Json out = Json::object();
  for (const char* name : {"bridge",
                           "bridge_interface",
                           "broadcast",
                           "cidr",
                           "cidr_v6",
                           "created_at",
                           "deleted",
                           "deleted_at",
                           "dhcp_server",
                           "dhcp_start",
                           "dns1",
                           "dns2",
                           "enable_dhcp",
                           "gateway",
                           "gateway_v6",
                           "host",
                           "injected",
                           "mtu",
                           "multi_host",
                           "netmask",
                           "netmask_v6",
                           "priority",
                           "project_id",
                           "rxtx_base",
                           "share_address",
                           "updated_at",
                           "vlan",
                           "vpn_private_address",
                           "vpn_public_address",
                           "vpn_public_port"}) {
    out.set(name, Json());
  }
  out.set("id", n["id"]).set("label", n["name"]);
  return out;
}

Json floating_json(App& app, const Context& c, const Json& f) {
  Json instance, pool = f["floating_network_id"];
  if (!f["port_id"].is_null()) {
    auto port = app.db.read([&](db::Session& s) { return find_port(s, f["port_id"].as_string()); });
    if (port && *port) instance = (*port)->server_id;
  }
  auto network = app.peers.network.call("GET", "/v2.0/networks/" + pool.as_string(), {}, c.token);
  if (network) pool = (*network)["network"]["name"];
  return Json::object({{"id", f["id"]},
                       {"ip", f["floating_ip_address"]},
                       {"fixed_ip", f["fixed_ip_address"]},
                       {"instance_id", instance},
                       {"pool", pool}});
}

Result<Json> external_network(App& app, const Context& c, const std::string& name) {
  Json got = TRY(app.peers.network.call("GET", "/v2.0/networks?router:external=true", {}, c.token));
  for (const Json& n : got["networks"].as_array()) {
    if (n["router:external"].as_bool() &&
        (name.empty() || n["name"].as_string() == name || n["id"].as_string() == name))
      return n;
  }
  return not_found("Floating IP pool not found.");
}

Result<Response> create_floating(App& app, const Request& request, Context& c) {
  std::string pool;
  if (!request.body.empty()) {
    const Json body = TRY(parse_json(request.body));
    if (!body.is_object()) return bad_request("The body must be a JSON object.");
    for (const auto& [key, value] : body.as_object()) {
      if (key != "pool" || !(value.is_string() || value.is_null()))
        return bad_request("The body may hold 'pool', the name of an external network.",
                           key.substr(0, 255));
    }
    pool = body["pool"].as_string();
  }
  Json network = TRY(external_network(app, c, pool));
  Json body =
      Json::object({{"floatingip", Json::object({{"floating_network_id", network["id"]}})}});
  Json made = TRY(app.peers.network.call("POST", "/v2.0/floatingips", body, c.token));
  return Response::json(200,
                        Json::object({{"floating_ip", floating_json(app, c, made["floatingip"])}}));
}

Json rule_json(const Json& r, const Json& groups) {
  Json group = Json::object(), range = Json::object();
  if (!r["remote_group_id"].is_null()) {
    for (const Json& g : groups.as_array()) {
      if (g["id"] == r["remote_group_id"])
        group = Json::object({{"name", g["name"]}, {"tenant_id", g["project_id"]}});
    }
  } else {
    bool v6 = r["ethertype"].as_string() == "IPv6";
    range = Json::object({{"cidr", r["remote_ip_prefix"].is_null() ? Json(v6 ? "::/0" : "0.0.0.0/0")
                                                                   : r["remote_ip_prefix"]}});
  }
  // Nova shows a rule for every protocol as null with no ports, ICMP's any type as -1.
  Json from = r["port_range_min"], to = r["port_range_max"];
  bool portless = !r["protocol"].is_null() && from.is_null();
  return Json::object({{"id", r["id"]},
                       {"parent_group_id", r["security_group_id"]},
                       {"ip_protocol", r["protocol"]},
                       {"from_port", portless ? Json(-1) : from},
                       {"to_port", portless ? Json(-1) : to},
                       {"group", group},
                       {"ip_range", range}});
}

Json group_json(const Json& g, const Json& groups) {
  Json rules = Json::array();
  for (const Json& r : g["security_group_rules"].as_array()) {
    if (r["direction"].as_string() == "ingress") rules.push_back(rule_json(r, groups));
  }
  return Json::object({{"id", g["id"]},
                       {"name", g["name"]},
                       {"description", g["description"].as_string()},
                       {"tenant_id", g["project_id"]},
                       {"rules", rules}});
}

struct GroupIn {
  std::string name, description;
};
Result<Json> read_group(const Request& request) {
  static const Fields<GroupIn> kFields(
      "security_group", Fields<GroupIn>::Unknown::refuse,
      {text("name", &GroupIn::name).required_().length(1, 255),
       text("description", &GroupIn::description).required_().length(0, 255).nullable_()});
  GroupIn in = TRY(kFields.read(TRY(body_member(request.body, "security_group"))));
  return Json::object(
      {{"security_group", Json::object({{"name", in.name}, {"description", in.description}})}});
}

struct RuleIn {
  std::string parent_group_id;
  std::optional<std::string> ip_protocol, cidr, group_id;
  Json from_port, to_port;
};

// Error: bad_request. -1 stands for any.
Result<Json> port_of(const Json& value, const char* name) {
  if (value.is_null()) return Json();
  FieldRules rules;
  rules.name = name;
  rules.type = "integer";
  rules.min = -1;
  rules.max = 65535;
  TRYV(check_field(rules, value));
  int64_t port = value.is_string() ? std::stoll(value.as_string()) : value.as_int();
  return port < 0 ? Json() : Json(port);
}

Result<Response> create_rule(App& app, const Request& request, Context& c) {
  static const Fields<RuleIn> kFields(
      "security_group_rule", Fields<RuleIn>::Unknown::refuse,
      {text("parent_group_id", &RuleIn::parent_group_id).required_(),
       text("ip_protocol", &RuleIn::ip_protocol).nullable_(), any("from_port", &RuleIn::from_port),
       any("to_port", &RuleIn::to_port), text("cidr", &RuleIn::cidr).nullable_().format_("cidr"),
       text("group_id", &RuleIn::group_id).nullable_()});
  RuleIn in = TRY(kFields.read(TRY(body_member(request.body, "security_group_rule"))));
  if (!is_uuid_like(in.parent_group_id))
    return bad_request("Security group id should be uuid", "parent_group_id");
  std::string cidr = in.cidr.value_or("0.0.0.0/0");
  Json rule = Json::object({{"security_group_id", in.parent_group_id},
                            {"direction", "ingress"},
                            {"ethertype", cidr.find(':') != std::string::npos ? "IPv6" : "IPv4"}});
  if (in.ip_protocol)
    rule.set("protocol", *in.ip_protocol == "-1" ? Json() : Json(*in.ip_protocol));
  Json from = TRY(port_of(in.from_port, "from_port")), to = TRY(port_of(in.to_port, "to_port"));
  if (!from.is_null()) rule.set("port_range_min", from);
  if (!to.is_null()) rule.set("port_range_max", to);
  if (in.group_id)
    rule.set("remote_group_id", *in.group_id);
  else
    rule.set("remote_ip_prefix", cidr);
  auto answer = app.peers.network.call("POST", "/v2.0/security-group-rules",
                                       Json::object({{"security_group_rule", rule}}), c.token);
  // There already: Nova says 400 where Neutron says 409.
  if (!answer && answer.error().code == ErrorCode::conflict)
    return bad_request(answer.error().message);
  Json made = TRY(std::move(answer));
  Json groups = in.group_id ? TRY(app.peers.network.call("GET", "/v2.0/security-groups", {},
                                                         c.token))["security_groups"]
                            : Json();
  return Response::json(
      200, Json::object({{"security_group_rule", rule_json(made["security_group_rule"], groups)}}));
}

void add_network_doors(Router& router, App& app) {
  router.add("GET", "/v2.1/os-networks", Access::reader,
             until_36([&app](const Request&, Context& c) -> Result<Response> {
               Json got = TRY(app.peers.network.call("GET", "/v2.0/networks", {}, c.token)),
                    out = Json::array();
               for (const Json& n : got["networks"].as_array()) out.push_back(network_json(n));
               return Response::json(200, Json::object({{"networks", out}}));
             }));
  router.add(
      "GET", "/v2.1/os-networks/{id}", Access::reader,
      until_36([&app](const Request&, Context& c) -> Result<Response> {
        Json got = TRY(app.peers.network.call(
            "GET", "/v2.0/networks/" + percent_encode(c.param("id")), {}, c.token));
        return Response::json(200, Json::object({{"network", network_json(got["network"])}}));
      }));
  router.add("GET", "/v2.1/os-floating-ip-pools", Access::reader,
             until_36([&app](const Request&, Context& c) -> Result<Response> {
               Json got = TRY(app.peers.network.call("GET", "/v2.0/networks?router:external=true",
                                                     {}, c.token)),
                    out = Json::array();
               for (const Json& n : got["networks"].as_array()) {
                 if (n["router:external"].as_bool())
                   out.push_back(Json::object({{"name", n["name"]}}));
               }
               return Response::json(200, Json::object({{"floating_ip_pools", out}}));
             }));
  router.add("GET", "/v2.1/os-floating-ips", Access::reader,
             until_36([&app](const Request&, Context& c) -> Result<Response> {
               Json got = TRY(app.peers.network.call("GET", "/v2.0/floatingips", {}, c.token)),
                    out = Json::array();
               for (const Json& f : got["floatingips"].as_array()) {
                 if (f["project_id"].as_string() == c.claims.project_id)
                   out.push_back(floating_json(app, c, f));
               }
               return Response::json(200, Json::object({{"floating_ips", out}}));
             }));
  router.add("POST", "/v2.1/os-floating-ips", Access::member,
             until_36([&app](const Request& q, Context& c) { return create_floating(app, q, c); }));
  router.add("GET", "/v2.1/os-floating-ips/{id}", Access::reader,
             until_36([&app](const Request&, Context& c) -> Result<Response> {
               Json got = TRY(app.peers.network.call(
                   "GET", "/v2.0/floatingips/" + percent_encode(c.param("id")), {}, c.token));
               return Response::json(
                   200, Json::object({{"floating_ip", floating_json(app, c, got["floatingip"])}}));
             }));
  router.add("DELETE", "/v2.1/os-floating-ips/{id}", Access::member,
             until_36([&app](const Request&, Context& c) -> Result<Response> {
               TRYV(app.peers.network.call(
                   "DELETE", "/v2.0/floatingips/" + percent_encode(c.param("id")), {}, c.token));
               return Response::empty(202);
             }));
}

// Answers with one group out of the network service's answer to `method`.
Result<Response> one_group(App& app, const Context& c, std::string_view method,
                           const std::string& target, const Json& body) {
  Json got = TRY(app.peers.network.call(method, target, body, c.token));
  Json groups =
      TRY(app.peers.network.call("GET", "/v2.0/security-groups", {}, c.token))["security_groups"];
  return Response::json(
      200, Json::object({{"security_group", group_json(got["security_group"], groups)}}));
}

}  // namespace

void add_legacy_routes(Router& router, App& app) {
  add_network_doors(router, app);
  const std::string all = "/v2.1/os-security-groups", one = all + "/{id}";
  router.add("GET", all, Access::reader,
             until_36([&app](const Request& q, Context& c) -> Result<Response> {
               bool all_projects = c.claims.is_admin() && q.query.contains("all_tenants");
               Json groups = TRY(app.peers.network.call("GET", "/v2.0/security-groups", {},
                                                        c.token))["security_groups"],
                    out = Json::array();
               for (const Json& g : groups.as_array()) {
                 if (all_projects || g["project_id"].as_string() == c.claims.project_id)
                   out.push_back(group_json(g, groups));
               }
               return Response::json(200, Json::object({{"security_groups", out}}));
             }));
  router.add("POST", all, Access::member,
             until_36([&app](const Request& q, Context& c) -> Result<Response> {
               return one_group(app, c, "POST", "/v2.0/security-groups", TRY(read_group(q)));
             }));
  router.add("GET", one, Access::reader, until_36([&app](const Request&, Context& c) {
               return one_group(app, c, "GET",
                                "/v2.0/security-groups/" + percent_encode(c.param("id")), {});
             }));
  router.add("PUT", one, Access::member,
             until_36([&app](const Request& q, Context& c) -> Result<Response> {
               return one_group(app, c, "PUT",
                                "/v2.0/security-groups/" + percent_encode(c.param("id")),
                                TRY(read_group(q)));
             }));
  router.add("DELETE", one, Access::member,
             until_36([&app](const Request&, Context& c) -> Result<Response> {
               auto gone = app.peers.network.call(
                   "DELETE", "/v2.0/security-groups/" + percent_encode(c.param("id")), {}, c.token);
               // In use: Nova says 400 where Neutron says 409.
               if (!gone && gone.error().code == ErrorCode::conflict)
                 return bad_request(gone.error().message);
               TRYV(gone);
               return Response::empty(202);
             }));
  router.add("POST", "/v2.1/os-security-group-rules", Access::member,
             until_36([&app](const Request& q, Context& c) { return create_rule(app, q, c); }));
  router.add(
      "DELETE", "/v2.1/os-security-group-rules/{id}", Access::member,
      until_36([&app](const Request&, Context& c) -> Result<Response> {
        TRYV(app.peers.network.call(
            "DELETE", "/v2.0/security-group-rules/" + percent_encode(c.param("id")), {}, c.token));
        return Response::empty(202);
      }));
}

}  // namespace nuri::compute
