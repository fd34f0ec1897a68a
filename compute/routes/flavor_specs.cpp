#include <algorithm>

#include "compute/routes/flavor_json.h"
#include "services/base/fields.h"

// Extra specs of a flavor, and which projects see a private one.
namespace nuri::compute {

namespace {

Status check_specs(const Json& specs) {
  if (!specs.is_object())
    return bad_request("extra_specs must be an object of texts.", "extra_specs");
  for (const auto& [key, value] : specs.as_object()) {
    bool ok = !key.empty() && key.size() <= 255 &&
              key.find_first_not_of(
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:. ") ==
                  std::string::npos;
    if (!ok)
      return bad_request("A key of extra_specs has 1 to 255 letters, digits, spaces and - _ : .",
                         "extra_specs");
    bool scalar = value.is_string() || value.is_number() || value.is_bool();
    if (!scalar || value.as_string().size() > 255)
      return bad_request("The value of '" + key + "' must be a text of at most 255 characters.",
                         key);
  }
  return {};
}

Result<Response> store(App& app, const Context& c, const Json& specs, const Json& answer) {
  TRYV(check_specs(specs));
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Flavor f = TRY(load_flavor(s, c));
    Json all = parse_json(f.specs).value_or(Json::object());
    for (const auto& [key, value] : specs.as_object())
      all.set(key, value.is_string() ? value : Json(value.dump()));
    f.specs = all.dump();
    save_flavor(s, f);
    return Response::json(200, answer);
  });
}

Result<Response> put_one(App& app, const Request& request, Context& c) {
  Json body = TRY(parse_json(request.body));
  if (!body.is_object() || body.size() != 1 || !body.contains(c.param("key")))
    return bad_request("The body must hold the one key that the path names.", "key");
  return store(app, c, body, body);
}

Json access_json(db::Session& s, const std::string& id) {
  Json list = Json::array();
  for (const auto& project : flavor_projects(s, id))
    list.push_back(Json::object({{"flavor_id", id}, {"tenant_id", project}}));
  return Json::object({{"flavor_access", list}});
}

Result<Response> access_action(App& app, const Request& request, Context& c) {
  const Json body = TRY(parse_json(request.body));
  bool add = body.is_object() && body.contains("addTenantAccess");
  if (!body.is_object() || body.size() != 1 || (!add && !body.contains("removeTenantAccess")))
    return bad_request("The body names one action: addTenantAccess or removeTenantAccess.");
  const Json& argument = add ? body["addTenantAccess"] : body["removeTenantAccess"];
  const std::string& tenant = argument["tenant"].as_string();
  if (!argument.is_object() || argument.size() != 1 || tenant.empty() || tenant.size() > 255)
    return bad_request("'tenant' is a required property: a project's id.", "tenant");
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Flavor f = TRY(load_flavor(s, c));
    if (add && f.is_public) return conflict("Can not add access to a public flavor.");
    if (add) {
      bool is_new = s.exec(
                        "INSERT INTO flavor_access (flavor_id, project_id) VALUES (?1, ?2) ON "
                        "CONFLICT DO NOTHING",
                        {f.id, tenant}) > 0;
      if (!is_new)
        return conflict("Flavor access already exists for flavor " + f.id + " and project " +
                        tenant + " combination.");
    } else if (s.exec("DELETE FROM flavor_access WHERE flavor_id=?1 AND project_id=?2",
                      {f.id, tenant}) == 0) {
      return not_found("Flavor access not found for " + f.id + " / " + tenant + " combination.");
    }
    return Response::json(200, access_json(s, f.id));
  });
}

}  // namespace

void add_flavor_spec_routes(Router& router, App& app) {
  const std::string all = "/v2.1/flavors/{id}/os-extra_specs", one = all + "/{key}";
  router.add("GET", all, Access::reader, [&app](const Request&, Context& c) {
    return app.db.read([&](db::Session& s) -> Result<Response> {
      Flavor f = TRY(load_flavor(s, c));
      return Response::json(200,
                            Json::object({{"extra_specs", parse_json(f.specs).value_or(Json())}}));
    });
  });
  router.add("POST", all, Access::admin, [&app](const Request& q, Context& c) -> Result<Response> {
    Json specs = TRY(body_member(q.body, "extra_specs"));
    return store(app, c, specs, Json::object({{"extra_specs", specs}}));
  });
  router.add("GET", one, Access::reader, [&app](const Request&, Context& c) {
    return app.db.read([&](db::Session& s) -> Result<Response> {
      Flavor f = TRY(load_flavor(s, c));
      Json specs = parse_json(f.specs).value_or(Json());
      const Json* value = specs.find(c.param("key"));
      if (!value)
        return not_found("Flavor " + f.id + " has no extra specs with key " +
                         c.param("key").substr(0, 255) + ".");
      return Response::json(200, Json::object({{c.param("key"), *value}}));
    });
  });
  router.add("PUT", one, Access::admin,
             [&app](const Request& q, Context& c) { return put_one(app, q, c); });
  router.add("DELETE", one, Access::admin, [&app](const Request&, Context& c) {
    return app.db.write([&](db::Session& s) -> Result<Response> {
      Flavor f = TRY(load_flavor(s, c));
      Json specs = parse_json(f.specs).value_or(Json());
      if (!specs.erase(c.param("key")))
        return not_found("Flavor " + f.id + " has no extra specs with key " +
                         c.param("key").substr(0, 255) + ".");
      f.specs = specs.dump();
      save_flavor(s, f);
      return Response::empty(200);
    });
  });
  router.add("GET", "/v2.1/flavors/{id}/os-flavor-access", Access::admin,
             [&app](const Request&, Context& c) {
               return app.db.read([&](db::Session& s) -> Result<Response> {
                 Flavor f = TRY(load_flavor(s, c));
                 if (f.is_public) return not_found("Access list not available for public flavors.");
                 return Response::json(200, access_json(s, f.id));
               });
             });
  router.add("POST", "/v2.1/flavors/{id}/action", Access::admin,
             [&app](const Request& q, Context& c) { return access_action(app, q, c); });
}

}  // namespace nuri::compute
