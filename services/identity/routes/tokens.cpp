#include "services/identity/routes/authenticate.h"
#include "services/identity/routes/views.h"
#include "services/identity/store/grants.h"

namespace nuri::identity {

namespace {

Response token_response(int status, std::string body, std::string token) {
  Response out = Response::text(status, std::move(body), "application/json");
  out.headers.set("X-Subject-Token", std::move(token));
  out.headers.set("Vary", "X-Auth-Token");
  return out;
}

bool wants_catalog(const Request& request) {
  const std::string* no = request.query.find("nocatalog");
  return !no;
}

Result<Response> post_token(Identity& me, const Request& request, Context& context) {
  context.subject.type = "token";
  context.subject.action = "authenticate";
  AuthRequest asked = TRY(parse_auth_request(request.body));
  Proven proven = TRY(authenticate(me, asked, request.peer));
  context.subject.user_id = proven.user.id;
  Claims claims = TRY(scoped_claims(me, proven, asked.scope));
  context.subject.project_id = claims.project_id;
  context.subject.id = claims.audit_ids.front();
  std::string token = TRY(me.signer.sign(claims));
  if (token.size() > auth::kMaxTokenBytes) {
    return bad_request(
        "The user has too many roles here for one token; scope it to another project.", "scope");
  }
  // Refused here already where its parent was revoked meanwhile; and known when it is first used.
  TRY(me.verifier.check(token));
  std::string body = TRY(token_body(me, claims, request, wants_catalog(request)));
  return token_response(201, std::move(body), std::move(token));
}

struct AskedAbout {
  std::string token;
  std::shared_ptr<const Claims> claims;
};

// The token asked about. A user may ask about tokens of its own; others need a say in the cloud.
Result<AskedAbout> subject_of(Identity& me, const Request& request, const Context& context,
                              const char* action) {
  AskedAbout out;
  out.token = request.headers.get("X-Subject-Token");
  if (out.token.empty())
    return bad_request("The header X-Subject-Token is needed: the token asked about.",
                       "X-Subject-Token");
  auto checked = me.verifier.check(out.token);
  bool entitled =
      may_manage(context.claims) || context.claims.has_role("service") ||
      (std::string_view(action) == "identity:validate_token" && may_read(context.claims));
  if (!checked) return not_found("Could not find token.");
  out.claims = std::move(checked).value();
  bool own = !context.claims.user_id.empty() && context.claims.user_id == out.claims->user_id;
  if (!own && !entitled) return not_authorised(action);
  if (out.claims->user_id.empty()) return not_found("Could not find token.");
  return out;
}

Result<Response> get_token(Identity& me, const Request& request, Context& context) {
  AskedAbout subject = TRY(subject_of(me, request, context, "identity:validate_token"));
  std::string body = TRY(token_body(me, *subject.claims, request, wants_catalog(request)));
  return token_response(200, std::move(body), std::move(subject.token));
}

Result<Response> delete_token(Identity& me, const Request& request, Context& context) {
  AskedAbout subject = TRY(subject_of(me, request, context, "identity:revoke_token"));
  context.subject.type = "token";
  context.subject.id = subject.claims->audit_ids.empty() ? "" : subject.claims->audit_ids.front();
  TRYV(me.db.write([&](db::Session& s) {
    me.revocations.audit_id(
        s, subject.claims->audit_ids.empty() ? "" : subject.claims->audit_ids.front(),
        subject.claims->expires_us);
  }));
  return Response::empty(204);
}

Result<Response> get_catalog(Identity& me, const Request& request, Context& context) {
  if (context.claims.scope == Claims::Scope::unscoped)
    return not_authorised("identity:get_auth_catalog");
  auto catalog = TRY(me.cache.catalog());
  Json out = catalog_json(*catalog,
                          {cloud_base(request), context.claims.project_id, context.claims.user_id});
  return Response::json(
      200, Json::object({{"catalog", std::move(out)}, {"links", list_links(request, context)}}));
}

Result<Response> get_projects(Identity& me, const Request& request, Context& context) {
  auto projects =
      TRY(me.db.read([&](db::Session& s) { return projects_of_user(s, context.claims.user_id); }));
  return shown_list(kProjectKind, projects, request, context);
}

Result<Response> get_domains(Identity& me, const Request& request, Context& context) {
  auto domains =
      TRY(me.db.read([&](db::Session& s) { return domains_of_user(s, context.claims.user_id); }));
  return shown_list(kDomainKind, domains, request, context);
}

Result<Response> get_system(Identity& me, const Request& request, Context& context) {
  auto roles = TRY(me.db.read([&](db::Session& s) {
    return roles_of_user(s, context.claims.user_id, {"system", "all", {}});
  }));
  Json system = Json::array();
  if (!roles.empty()) system.push_back(Json::object({{"all", true}}));
  return listed(request, context, "system", std::move(system));
}

constexpr Rule kRules[] = {
    {"POST", "/v3/auth/tokens", "identity:authenticate", post_token},
    {"GET", "/v3/auth/tokens", "identity:validate_token", get_token},
    {"DELETE", "/v3/auth/tokens", "identity:revoke_token", delete_token},
    {"GET", "/v3/auth/catalog", "identity:get_auth_catalog", get_catalog},
    {"GET", "/v3/auth/projects", "identity:get_auth_projects", get_projects},
    {"GET", "/v3/auth/domains", "identity:get_auth_domains", get_domains},
    {"GET", "/v3/auth/system", "identity:get_auth_system", get_system},
};

}  // namespace

std::span<const Rule> token_rules() { return kRules; }

}  // namespace nuri::identity
