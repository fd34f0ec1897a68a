#include "storage/routes/handlers.h"
#include "storage/store/type_store.h"

// Extra specs of volume types, their encryption (of which there is none), and default types.
namespace nuri::storage {

namespace {

struct Specs {
  StringMap specs;
};
const Fields<Specs> kSpecs{
    "body",
    Fields<Specs>::Unknown::refuse,
    {string_map("extra_specs", &Specs::specs).length(1, kMaxSpecs).required_()}};

Result<VolumeType> by_id(db::Session& s, const Context& context) {
  auto type = store::find_type(s, context.param("type"));
  if (!type)
    return not_found("Volume type " + context.param("type").substr(0, 64) + " could not be found.");
  return std::move(*type);
}

Error no_spec(const Context& context) {
  return not_found("Volume Type " + context.param("type") + " has no extra spec with key " +
                   context.param("key").substr(0, 255) + ".");
}

Result<VolumeType> change(Service& p, const Context& context,
                          const std::function<Status(VolumeType&)>& f) {
  return p.db.write([&](db::Session& s) -> Result<VolumeType> {
    VolumeType t = TRY(by_id(s, context));
    TRYV(f(t));
    if (static_cast<int64_t>(t.extra_specs.size()) > kMaxSpecs)
      return bad_request("A volume type has at most " + std::to_string(kMaxSpecs) + " extra specs.",
                         "extra_specs");
    t.updated_us = p.clock.now_us();
    store::update(s, t);
    return t;
  });
}

Result<VolumeType> seen(Service& p, const Context& context) {
  return p.db.read([&](db::Session& s) { return own_type(s, context, context.param("type")); });
}

Json default_json(const std::string& project, const std::string& type) {
  return Json::object({{"project_id", project}, {"volume_type_id", type}});
}

struct DefaultBody {
  std::string type;
};
const Fields<DefaultBody> kDefault{
    "default_type",
    Fields<DefaultBody>::Unknown::refuse,
    {text("volume_type", &DefaultBody::type).length(1, 255).required_()}};

}  // namespace

Result<Response> list_specs(Service& p, const Request&, Context& context) {
  VolumeType t = TRY(seen(p, context));
  Json specs = type_view(t, context.claims.is_admin())["extra_specs"];
  return Response::json(200, Json::object({{"extra_specs", specs}}));
}

Result<Response> add_specs(Service& p, const Request& request, Context& context) {
  Specs in = TRY(kSpecs.read(TRY(parse_json(request.body))));
  TRY(change(p, context, [&](VolumeType& t) -> Status {
    for (const auto& [k, v] : in.specs) t.extra_specs[k] = v;
    return {};
  }));
  return Response::json(200, Json::object({{"extra_specs", string_map_json(in.specs)}}));
}

Result<Response> show_spec(Service& p, const Request&, Context& context) {
  VolumeType t = TRY(seen(p, context));
  Json specs = type_view(t, context.claims.is_admin())["extra_specs"];
  const Json* found = specs.find(context.param("key"));
  if (!found) return no_spec(context);
  return Response::json(200, Json::object({{context.param("key"), *found}}));
}

Result<Response> set_spec(Service& p, const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  FieldRules rules;
  rules.name = "extra_specs";
  rules.type = "map";
  TRYV(check_field(rules, body));
  TRY(p.db.read([&](db::Session& s) { return by_id(s, context); }));
  if (body.size() != 1 || !body.contains(context.param("key")))
    return bad_request("Request body and URI mismatch: the one key must be the same in both.",
                       "extra_specs");
  TRY(change(p, context, [&](VolumeType& t) -> Status {
    t.extra_specs[context.param("key")] = body[context.param("key")].as_string();
    return {};
  }));
  return Response::json(200, body);
}

Result<Response> remove_spec(Service& p, const Request&, Context& context) {
  TRY(change(p, context, [&](VolumeType& t) -> Status {
    if (t.extra_specs.erase(context.param("key")) == 0) return no_spec(context);
    return {};
  }));
  return Response::empty(202);
}

Result<Response> show_encryption(Service& p, const Request&, Context& context) {
  TRY(seen(p, context));
  return Response::json(200, Json::object());
}

Result<Response> refuse_encryption(Service& p, const Request&, Context& context) {
  TRY(p.db.read([&](db::Session& s) { return by_id(s, context); }));
  return bad_request("Encrypted volumes are not served by this cloud: a volume type cannot have an "
                     "encryption.",
                     "encryption");
}

Result<Response> list_default_types(Service& p, const Request&, Context&) {
  auto all = TRY(p.db.read([](db::Session& s) { return store::default_types(s); }));
  Json out = Json::array();
  for (const auto& [project, type] : all) out.push_back(default_json(project, type));
  return Response::json(200, Json::object({{"default_types", out}}));
}

Result<Response> show_default_type(Service& p, const Request&, Context& context) {
  const std::string& project = context.param("target");
  auto type = TRY(p.db.read([&](db::Session& s) { return store::default_type(s, project); }));
  if (!type) return not_found("Default type for project " + project.substr(0, 64) + " not found.");
  return Response::json(200, Json::object({{"default_type", default_json(project, *type)}}));
}

Result<Response> set_default_type(Service& p, const Request& request, Context& context) {
  DefaultBody in = TRY(kDefault.read(TRY(body_member(request.body, "default_type"))));
  const std::string& project = context.param("target");
  std::string id = TRY(p.db.write([&](db::Session& s) -> Result<std::string> {
    VolumeType t = TRY(own_type(s, context, in.type));
    store::set_default_type(s, project, t.id);
    return t.id;
  }));
  return Response::json(200, Json::object({{"default_type", default_json(project, id)}}));
}

Result<Response> remove_default_type(Service& p, const Request&, Context& context) {
  TRYV(p.db.write([&](db::Session& s) {
    store::remove_default_type(s, context.param("target"));
  }));
  return Response::empty(204);
}

}  // namespace nuri::storage
