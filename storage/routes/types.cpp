#include <algorithm>

#include "storage/routes/handlers.h"
#include "storage/store/type_store.h"

// Volume types and who may use those that are not public.
namespace nuri::storage {

namespace {

const ListRules kRules = {"Volume type",
                          {"name", "id", "description"},
                          {"id", "name", "description", "created_at", "updated_at", "is_public"}};

std::string text_of(const VolumeType& t, const std::string& field) {
  if (field == "name") return t.name;
  if (field == "description") return t.description.value_or("");
  if (field == "is_public") return t.is_public ? "1" : "0";
  if (field == "created_at") return sortable(t.created_us);
  if (field == "updated_at") return sortable(t.updated_us);
  return t.id;
}

const ListView<VolumeType>& view() {
  static const ListView<VolumeType> kView = {
      [](const VolumeType& t) { return t.id; }, text_of, text_of,
      [](const VolumeType& t, const std::string&) { return t.created_us; },
      [](const VolumeType& t) { return &t.extra_specs; }};
  return kView;
}

// is_public=None shows an administrator all there are.
bool wanted(const Request& request, const Context& context, const VolumeType& t, bool usable) {
  if (!context.claims.is_admin()) return usable;
  std::string asked = request.query.get("is_public");
  if (asked.empty()) return true;
  if (asked == "None" || asked == "none") return true;
  return t.is_public == loose_bool(Json(asked));
}

Result<VolumeType> by_id(db::Session& s, const Context& context) {
  auto type = store::find_type(s, context.param("type"));
  if (!type)
    return not_found("Volume type " + context.param("type").substr(0, 64) + " could not be found.");
  return std::move(*type);
}

Status check_name(db::Session& s, const std::string& name, const std::string& own_id) {
  if (name.find_first_not_of(' ') == std::string::npos)
    return bad_request("Volume type name can not be empty.", "name");
  auto other = store::find_type_named(s, name);
  if (other && other->id != own_id && other->name == name)
    return conflict("Volume Type " + name + " already exists.");
  return {};
}

struct Project {
  std::string id;
};
const Fields<Project> kProject{"access",
                               Fields<Project>::Unknown::refuse,
                               {text("project", &Project::id).length(1, 64).required_()}};

Status change_access(db::Session& s, const VolumeType& type, const std::string& action,
                     const std::string& project) {
  if (type.is_public)
    return conflict("Type access modification is not applicable to public volume type.");
  auto have = store::projects_of(s, type.id);
  bool there = std::find(have.begin(), have.end(), project) != have.end();
  if (action == "addProjectAccess") {
    if (there)
      return conflict("Volume type access for " + type.id + " / " + project +
                      " combination already exists.");
    store::grant(s, type.id, project);
    return {};
  }
  if (!store::revoke(s, type.id, project))
    return not_found("Volume type access not found for " + type.id + " / " + project +
                     " combination.");
  return {};
}

}  // namespace

Result<Response> list_types(Service& p, const Request& request, Context& context) {
  ListQuery query = TRY(read_list_query(request.query, kRules, context.microversion));
  auto types = TRY(p.db.read([&](db::Session& s) {
    auto all = store::types(s);
    std::erase_if(all, [&](const VolumeType& t) {
      return !wanted(request, context, t, store::may_use(s, t, context.claims.project_id));
    });
    return all;
  }));
  auto page = TRY(select(query, kRules, std::move(types), view()));
  Json items = Json::array();
  for (const VolumeType& t : page.items) items.push_back(type_view(t, context.claims.is_admin()));
  Json out = Json::object({{"volume_types", std::move(items)}});
  query.with_count = false;
  finish_list(out, "volume_type", request, context, query, page.more ? page.items.back().id : "",
              0);
  return Response::json(200, out);
}

Result<Response> create_type(Service& p, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "volume_type"));
  TypeInput in = TRY(kTypeCreate.read(body, context.microversion));
  VolumeType t;
  t.id = p.random.uuid();
  t.name = *in.name;
  t.description = in.description;
  t.is_public = in.is_public.value_or(true);
  t.extra_specs = in.extra_specs;
  t.created_us = t.updated_us = p.clock.now_us();
  return p.db.write([&](db::Session& s) -> Result<Response> {
    TRYV(check_name(s, t.name, t.id));
    store::insert(s, t);
    return Response::json(200, Json::object({{"volume_type", type_created(t)}}));
  });
}

Result<Response> show_type(Service& p, const Request&, Context& context) {
  VolumeType type = TRY(p.db.read([&](db::Session& s) -> Result<VolumeType> {
    const std::string& asked = context.param("type");
    if (asked != "default") return own_type(s, context, asked);
    auto id = store::default_type(s, context.claims.project_id);
    return own_type(s, context, id.value_or(kTypeId));
  }));
  return Response::json(
      200, Json::object({{"volume_type", type_view(type, context.claims.is_admin())}}));
}

Result<Response> update_type(Service& p, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "volume_type"));
  TypeInput in = TRY(kTypeUpdate.read(body, context.microversion));
  if (!in.name && !body.contains("description") && !in.is_public)
    return bad_request("Specify volume type name, description, is_public or a combination thereof.",
                       "volume_type");
  VolumeType type = TRY(p.db.write([&](db::Session& s) -> Result<VolumeType> {
    VolumeType t = TRY(by_id(s, context));
    if (in.name) {
      TRYV(check_name(s, *in.name, t.id));
      t.name = *in.name;
    }
    if (body.contains("description")) t.description = in.description;
    if (in.is_public) t.is_public = *in.is_public;
    t.updated_us = p.clock.now_us();
    store::update(s, t);
    return t;
  }));
  return Response::json(200, Json::object({{"volume_type", type_updated(type)}}));
}

Result<Response> delete_type(Service& p, const Request&, Context& context) {
  TRYV(p.db.write([&](db::Session& s) -> Status {
    VolumeType t = TRY(by_id(s, context));
    if (t.id == kTypeId)
      return bad_request("The default volume type cannot be deleted.", "volume_type");
    if (store::volumes_of_type(s, t.id) > 0)
      return bad_request("Target volume type is still in use by volumes or snapshots.",
                         "volume_type");
    store::remove_type(s, t.id);
    return {};
  }));
  return Response::empty(202);
}

Result<Response> type_action(Service& p, const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  const auto members = body.as_object();
  std::string name = members.size() == 1 ? members.front().first : "";
  if (name != "addProjectAccess" && name != "removeProjectAccess")
    return bad_request("The body must have one member: addProjectAccess or removeProjectAccess.");
  Project in = TRY(kProject.read(members.front().second));
  TRYV(p.db.write([&](db::Session& s) -> Status {
    VolumeType t = TRY(by_id(s, context));
    return change_access(s, t, name, in.id);
  }));
  return Response::empty(202);
}

Result<Response> type_access(Service& p, const Request&, Context& context) {
  Json out = TRY(p.db.read([&](db::Session& s) -> Result<Json> {
    VolumeType t = TRY(by_id(s, context));
    if (t.is_public) return not_found("Access list not available for public volume types.");
    Json list = Json::array();
    for (const auto& project : store::projects_of(s, t.id))
      list.push_back(Json::object({{"volume_type_id", t.id}, {"project_id", project}}));
    return list;
  }));
  return Response::json(200, Json::object({{"volume_type_access", out}}));
}

}  // namespace nuri::storage
