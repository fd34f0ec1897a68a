#include "services/identity/routes/lookup.h"

namespace nuri::identity {

namespace {

Result<Response> create_policy(Identity& me, const Request& request, Context& context) {
  Policy p = TRY(read_new(kPolicyKind, request));
  p.id = me.random.hex_id();
  return me.db.write([&](db::Session& s) {
    kPolicies.insert(s, p);
    return shown(201, kPolicyKind, p, context);
  });
}

Result<Response> list_policies(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "type");
  auto all =
      TRY(me.db.read([&](db::Session& s) { return kPolicies.list(s, f.where(), f.args()); }));
  return shown_list(kPolicyKind, all, request, context);
}

Result<Response> show_policy(Identity& me, const Request&, Context& context) {
  Policy p = TRY(me.db.read(
      [&](db::Session& s) { return need(s, kPolicies, context.param("policy_id"), "policy"); }));
  return shown(200, kPolicyKind, p, context);
}

Result<Response> update_policy(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "policy"));
  Policy p = TRY(me.db.write([&](db::Session& s) -> Result<Policy> {
    Policy now = TRY(need(s, kPolicies, context.param("policy_id"), "policy"));
    TRYV(read_changes(kPolicyKind, body, now));
    kPolicies.update(s, now);
    return now;
  }));
  return shown(200, kPolicyKind, p, context);
}

Result<Response> delete_policy(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    if (!kPolicies.remove(s, context.param("policy_id")))
      return no_such("policy", context.param("policy_id"));
    return {};
  }));
  return Response::empty(204);
}

constexpr Rule kRules[] = {
    {"GET", "/v3/policies", "identity:list_policies", list_policies},
    {"POST", "/v3/policies", "identity:create_policy", create_policy},
    {"GET", "/v3/policies/{policy_id}", "identity:get_policy", show_policy},
    {"PATCH", "/v3/policies/{policy_id}", "identity:update_policy", update_policy},
    {"DELETE", "/v3/policies/{policy_id}", "identity:delete_policy", delete_policy},
};

}  // namespace

std::span<const Rule> policy_rules() { return kRules; }

}  // namespace nuri::identity
