#include "services/identity/routes/lookup.h"

namespace nuri::identity {

namespace {

using Tags = std::vector<std::string>;

Json tags_json(const Tags& tags) { return Json::object({{"tags", Json::strings(tags)}}); }

// Checked by the project's own table.
Status check_tags(const Tags& tags) {
  Project unused;
  return kProjectFields.update(unused, tags_json(tags));
}

template <class F>
Result<Tags> change_tags(Identity& me, const Context& context, F change) {
  return me.db.write([&](db::Session& s) -> Result<Tags> {
    Project p = TRY(need_project(s, context.param("project_id")));
    TRYV(change(p.tags));
    TRYV(check_tags(p.tags));
    kProjects.update(s, p);
    return p.tags;
  });
}

Result<Response> list_tags(Identity& me, const Request& request, Context& context) {
  Project p =
      TRY(me.db.read([&](db::Session& s) { return need_project(s, context.param("project_id")); }));
  return listed(request, context, "tags", Json::strings(p.tags));
}

Result<Response> replace_tags(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "tags"));
  Project asked;
  TRYV(kProjectFields.update(asked, Json::object({{"tags", std::move(body)}})));
  Tags tags = TRY(change_tags(me, context, [&](Tags& t) -> Status {
    t = asked.tags;
    return {};
  }));
  return listed(request, context, "tags", Json::strings(tags));
}

Result<Response> remove_tags(Identity& me, const Request&, Context& context) {
  TRY(change_tags(me, context, [](Tags& t) -> Status {
    t.clear();
    return {};
  }));
  return Response::empty(204);
}

Result<Response> check_tag(Identity& me, const Request&, Context& context) {
  Project p =
      TRY(me.db.read([&](db::Session& s) { return need_project(s, context.param("project_id")); }));
  const std::string& tag = context.param("tag");
  if (std::find(p.tags.begin(), p.tags.end(), tag) == p.tags.end())
    return no_such("project tag", tag);
  return Response::empty(204);
}

Result<Response> add_tag(Identity& me, const Request&, Context& context) {
  const std::string& tag = context.param("tag");
  TRY(change_tags(me, context, [&](Tags& t) -> Status {
    if (std::find(t.begin(), t.end(), tag) == t.end()) t.push_back(tag);
    return {};
  }));
  return Response::empty(201);
}

Result<Response> remove_tag(Identity& me, const Request&, Context& context) {
  const std::string& tag = context.param("tag");
  TRY(change_tags(me, context, [&](Tags& t) -> Status {
    return std::erase(t, tag) ? Status() : Status(no_such("project tag", tag));
  }));
  return Response::empty(204);
}

constexpr Rule kRules[] = {
    {"GET", "/v3/projects/{project_id}/tags", "identity:list_project_tags", list_tags},
    {"PUT", "/v3/projects/{project_id}/tags", "identity:update_project_tags", replace_tags},
    {"DELETE", "/v3/projects/{project_id}/tags", "identity:delete_project_tags", remove_tags},
    {"GET", "/v3/projects/{project_id}/tags/{tag}", "identity:get_project_tag", check_tag},
    {"PUT", "/v3/projects/{project_id}/tags/{tag}", "identity:create_project_tag", add_tag},
    {"DELETE", "/v3/projects/{project_id}/tags/{tag}", "identity:delete_project_tag", remove_tag},
};

}  // namespace

std::span<const Rule> tag_rules() { return kRules; }

}  // namespace nuri::identity
