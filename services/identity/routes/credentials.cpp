#include "services/identity/routes/lookup.h"

// Credentials: blobs that belong to a user, sealed in the database; EC2 key pairs are of type ec2,
// with the digest of their access key for an id.
namespace nuri::identity {

namespace {

bool may_touch(const Context& context, const Credential& c) {
  return may_manage(context.claims) || c.user_id == context.claims.user_id;
}

Result<Credential> opened(const Identity& me, Credential c) {
  c.blob = TRY(me.vault.unseal(c.blob, c.id));
  return c;
}

bool may_see(const Context& context, const Credential& c) {
  return may_read(context.claims) || may_touch(context, c);
}

Result<Credential> owned(Identity& me, const Context& context, const char* action,
                         bool (*may)(const Context&, const Credential&) = may_touch) {
  const std::string& id = context.param("credential_id");
  auto found = TRY(me.db.read([&](db::Session& s) { return kCredentials.find(s, id); }));
  if (found && !may(context, *found)) return not_authorised(action);
  if (!found) return may_read(context.claims) ? no_such("credential", id) : not_authorised(action);
  return std::move(*found);
}

// An EC2 credential's blob names its access key; its digest is the credential's id.
Result<std::string> id_for(Identity& me, const Credential& c) {
  if (c.type != "ec2") return me.random.hex_id();
  auto blob = parse_json(c.blob);
  const Json parsed = blob ? *blob : Json();
  if (parsed["access"].as_string().empty()) {
    return bad_request(
        "Invalid blob in credential: an ec2 blob is JSON with 'access' and 'secret'.", "blob");
  }
  if (!c.project_id)
    return bad_request("project_id is needed for a credential of type ec2.", "project_id");
  return auth::sha256_hex(parsed["access"].as_string());
}

Status store(Identity& me, Credential c, bool fresh) {
  c.blob = TRY(me.vault.seal(c.blob, c.id));
  return me.db.write([&](db::Session& s) -> Status {
    TRY(need_user(s, c.user_id));
    if (c.project_id) TRY(need_project(s, *c.project_id));
    if (!fresh) {
      kCredentials.update(s, c);
      return {};
    }
    if (kCredentials.find(s, c.id)) return duplicate("credential", c.id, "");
    kCredentials.insert(s, c);
    return {};
  });
}

Result<Response> create_credential(Identity& me, const Request& request, Context& context) {
  Credential c = TRY(read_new(kCredentialKind, request));
  if (c.user_id.empty()) c.user_id = context.claims.user_id;
  if (!may_touch(context, c)) return not_authorised("identity:create_credential");
  c.id = TRY(id_for(me, c));
  TRYV(store(me, c, true));
  return shown(201, kCredentialKind, c, context);
}

Result<Response> list_credentials(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "user_id").text(request, "type");
  auto sealed =
      TRY(me.db.read([&](db::Session& s) { return kCredentials.list(s, f.where(), f.args()); }));
  std::vector<Credential> all;
  for (Credential& c : sealed) {
    if (may_see(context, c)) all.push_back(TRY(opened(me, std::move(c))));
  }
  return shown_list(kCredentialKind, all, request, context);
}

Result<Response> show_credential(Identity& me, const Request&, Context& context) {
  Credential c = TRY(owned(me, context, "identity:get_credential", may_see));
  return shown(200, kCredentialKind, TRY(opened(me, std::move(c))), context);
}

Result<Response> update_credential(Identity& me, const Request& request, Context& context) {
  Credential c = TRY(opened(me, TRY(owned(me, context, "identity:update_credential"))));
  Json body = TRY(body_member(request.body, "credential"));
  TRYV(read_changes(kCredentialKind, body, c));
  if (!may_touch(context, c)) return not_authorised("identity:update_credential");
  TRYV(store(me, c, false));
  return shown(200, kCredentialKind, c, context);
}

Result<Response> delete_credential(Identity& me, const Request&, Context& context) {
  Credential c = TRY(owned(me, context, "identity:delete_credential"));
  TRYV(me.db.write([&](db::Session& s) { kCredentials.remove(s, c.id); }));
  return Response::empty(204);
}

Json ec2_json(const Credential& c, const Context& context) {
  const Json blob = parse_json(c.blob).value_or(Json());
  const std::string& access = blob["access"].as_string();
  return Json::object({{"user_id", c.user_id},
                       {"tenant_id", c.project_id.value_or("")},
                       {"access", access},
                       {"secret", blob["secret"].as_string()},
                       {"trust_id", nullptr},
                       {"links", self_link(context.base_url + "/v3/users/" + c.user_id +
                                           "/credentials/OS-EC2/" + access)}});
}

Result<Response> create_ec2(Identity& me, const Request& request, Context& context) {
  const Json body = TRY(parse_json(request.body));
  const std::string& project = body["tenant_id"].as_string();
  if (project.empty())
    return bad_request("'tenant_id' is a required property: the id of the project.", "tenant_id");
  Credential c;
  c.user_id = context.param("user_id");
  c.project_id = project;
  c.type = "ec2";
  c.blob =
      Json::object(
          {{"access", me.random.hex(16)}, {"secret", me.random.hex(16)}, {"trust_id", nullptr}})
          .dump();
  c.id = TRY(id_for(me, c));
  TRYV(store(me, c, true));
  return Response::json(201, Json::object({{"credential", ec2_json(c, context)}}));
}

Result<Response> list_ec2(Identity& me, const Request& request, Context& context) {
  auto sealed = TRY(me.db.read([&](db::Session& s) -> Result<std::vector<Credential>> {
    User u = TRY(need_user(s, context.param("user_id")));
    return kCredentials.list(s, "user_id=?1 AND type='ec2'", {u.id});
  }));
  Json out = Json::array();
  for (Credential& c : sealed) out.push_back(ec2_json(TRY(opened(me, std::move(c))), context));
  return listed(request, context, "credentials", std::move(out));
}

Result<Credential> find_ec2(Identity& me, const Context& context) {
  const std::string& access = context.param("access");
  auto found = TRY(
      me.db.read([&](db::Session& s) { return kCredentials.find(s, auth::sha256_hex(access)); }));
  if (!found || found->type != "ec2" || found->user_id != context.param("user_id"))
    return no_such("credential", access);
  return std::move(*found);
}

Result<Response> show_ec2(Identity& me, const Request&, Context& context) {
  Credential c = TRY(opened(me, TRY(find_ec2(me, context))));
  return Response::json(200, Json::object({{"credential", ec2_json(c, context)}}));
}

Result<Response> delete_ec2(Identity& me, const Request&, Context& context) {
  Credential c = TRY(find_ec2(me, context));
  TRYV(me.db.write([&](db::Session& s) { kCredentials.remove(s, c.id); }));
  return Response::empty(204);
}

constexpr const char* kEc2 = "/v3/users/{user_id}/credentials/OS-EC2";
constexpr const char* kEc2One = "/v3/users/{user_id}/credentials/OS-EC2/{access}";
constexpr Rule kRules[] = {
    {"GET", "/v3/credentials", "identity:list_credentials", list_credentials},
    {"POST", "/v3/credentials", "identity:create_credential", create_credential},
    {"GET", "/v3/credentials/{credential_id}", "identity:get_credential", show_credential},
    {"PATCH", "/v3/credentials/{credential_id}", "identity:update_credential", update_credential},
    {"DELETE", "/v3/credentials/{credential_id}", "identity:delete_credential", delete_credential},
    {"GET", kEc2, "identity:ec2_list_credentials", list_ec2},
    {"POST", kEc2, "identity:ec2_create_credential", create_ec2},
    {"GET", kEc2One, "identity:ec2_get_credential", show_ec2},
    {"DELETE", kEc2One, "identity:ec2_delete_credential", delete_ec2},
};

}  // namespace

std::span<const Rule> credential_rules() { return kRules; }

}  // namespace nuri::identity
