#include "services/auth/token.h"

// What a token carries, under short keys: each request carries it.
namespace nuri::auth {

Json claims_to_json(const Claims& c) {
  Json j = Json::object();
  auto put = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) j.object_ref().emplace_back(key, value);
  };
  put("u", c.user_id);
  put("un", c.user_name);
  put("ud", c.user_domain_id);
  put("udn", c.user_domain_name);
  j.set("s", static_cast<int>(c.scope));
  put("p", c.project_id);
  put("pn", c.project_name);
  put("pd", c.project_domain_id);
  put("pdn", c.project_domain_name);
  put("d", c.domain_id);
  put("dn", c.domain_name);
  if (!c.roles.empty()) {
    Json roles = Json::array();
    for (const Role& r : c.roles) roles.push_back(Json::array({r.id, r.name}));
    j.set("r", std::move(roles));
  }
  if (!c.methods.empty()) j.set("m", Json::strings(c.methods));
  if (!c.audit_ids.empty()) j.set("a", Json::strings(c.audit_ids));
  j.set("i", c.issued_us);
  j.set("e", c.expires_us);
  put("sv", c.service);
  put("h", c.host);
  return j;
}

Result<Claims> claims_from_json(const Json& j) {
  if (!j.is_object()) return bad_request("claims are not an object");
  Claims c;
  c.user_id = j["u"].as_string();
  c.user_name = j["un"].as_string();
  c.user_domain_id = j["ud"].as_string();
  c.user_domain_name = j["udn"].as_string();
  int64_t scope = j["s"].as_int(0);
  if (scope < 0 || scope > static_cast<int>(Claims::Scope::system)) return bad_request("unknown scope");
  c.scope = static_cast<Claims::Scope>(scope);
  c.project_id = j["p"].as_string();
  c.project_name = j["pn"].as_string();
  c.project_domain_id = j["pd"].as_string();
  c.project_domain_name = j["pdn"].as_string();
  c.domain_id = j["d"].as_string();
  c.domain_name = j["dn"].as_string();
  for (const Json& r : j["r"].as_array()) c.roles.push_back({r.at(0).as_string(), r.at(1).as_string()});
  for (const Json& m : j["m"].as_array()) c.methods.push_back(m.as_string());
  for (const Json& a : j["a"].as_array()) c.audit_ids.push_back(a.as_string());
  c.issued_us = j["i"].as_int();
  c.expires_us = j["e"].as_int();
  c.service = j["sv"].as_string();
  c.host = j["h"].as_string();
  return c;
}

}  // namespace nuri::auth
