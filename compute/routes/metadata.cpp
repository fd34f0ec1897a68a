#include <algorithm>

#include "compute/api/server_create.h"
#include "compute/routes/app.h"

// Metadata and tags of a server.
namespace nuri::compute {

namespace {

constexpr size_t kMaxTags = 50;

Json parse(const std::string& text) { return parse_json(text).value_or(Json()); }
Response metadata_answer(const Json& m) {
  return Response::json(200, Json::object({{"metadata", m}}));
}

// The new metadata into the row, the guest's metadata service and the answer.
Result<Response> store_metadata(App& app, const Context& c, const Json& given, bool replace) {
  StringMap wanted = TRY(read_metadata(given));
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    StringMap all = replace ? StringMap{} : string_map_from(parse(server.metadata));
    for (auto& [k, v] : wanted) all[k] = v;
    int64_t most = quota().limit(s, server.project_id, "metadata_items");
    if (most >= 0 && static_cast<int64_t>(all.size()) > most)
      return Error(ErrorCode::over_quota,
                   "Maximum number of metadata items exceeds " + std::to_string(most), "metadata");
    server.metadata = string_map_json(all).dump();
    server.updated_us = app.clock.now_us();
    save_server(s, server);
    app.task.signal(s, server.id);
    return metadata_answer(string_map_json(all));
  });
}

Result<Response> set_item(App& app, const Request& request, Context& c) {
  Json meta = TRY(body_member(request.body, "meta"));
  if (!meta.is_object() || meta.size() != 1)
    return bad_request("Request body contains too many items", "meta");
  if (!meta.contains(c.param("key"))) return bad_request("Request body and URI mismatch", "meta");
  TRYV(store_metadata(app, c, meta, false));
  return Response::json(200, Json::object({{"meta", meta}}));
}

Result<Response> show_item(App& app, Context& c) {
  Server server = TRY(app.load(c, c.param("id")));
  Json all = parse(server.metadata);
  const Json* value = all.find(c.param("key"));
  if (!value) return not_found("Metadata item was not found");
  return Response::json(200, Json::object({{"meta", Json::object({{c.param("key"), *value}})}}));
}

Result<Response> delete_item(App& app, Context& c) {
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    Json all = parse(server.metadata);
    if (!all.erase(c.param("key"))) return not_found("Metadata item was not found");
    server.metadata = all.dump();
    server.updated_us = app.clock.now_us();
    save_server(s, server);
    app.task.signal(s, server.id);
    return Response::empty(204);
  });
}

// Tags exist from 2.26 on.
Result<Response> with_tags(Context& c, const std::function<Result<Response>()>& f) {
  if (c.microversion < 26) return not_found("The resource could not be found.");
  return f();
}

Result<Response> replace_tags(App& app, const Request& request, Context& c) {
  Json tags = TRY(body_member(request.body, "tags"));
  if (!tags.is_array() || tags.size() > kMaxTags)
    return bad_request("tags must be a list of at most 50 tags.", "tags");
  Json kept = Json::array();
  for (const Json& t : tags.as_array()) {
    if (auto why = tag_problem(t); !why.empty()) return bad_request(why, "tags");
    const auto& have = kept.as_array();
    if (std::find(have.begin(), have.end(), t) == have.end()) kept.push_back(t);
  }
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    server.tags = kept.dump();
    save_server(s, server);
    return Response::json(200, Json::object({{"tags", kept}}));
  });
}

Result<Response> put_tag(App& app, Context& c) {
  Json tag = c.param("tag");
  if (auto why = tag_problem(tag); !why.empty()) return bad_request(why, "tag");
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    Json tags = parse(server.tags);
    const auto& have = tags.as_array();
    bool there = std::find(have.begin(), have.end(), tag) != have.end();
    if (!there && tags.size() >= kMaxTags)
      return bad_request("The number of tags exceeded the per-server limit 50", "tag");
    if (!there) tags.push_back(tag);
    server.tags = tags.dump();
    save_server(s, server);
    Response response = Response::empty(there ? 204 : 201);
    response.headers.set("Location", c.base_url + "/v2.1/servers/" + server.id + "/tags/" +
                                         percent_encode(tag.as_string()));
    return response;
  });
}

Result<Response> drop_tag(App& app, Context& c) {
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    Json tags = parse(server.tags);
    if (std::erase(tags.array_ref(), Json(c.param("tag"))) == 0)
      return not_found("Server " + server.id + " has no tag '" + c.param("tag").substr(0, 80) +
                       "'");
    server.tags = tags.dump();
    save_server(s, server);
    return Response::empty(204);
  });
}

Result<Response> check_tag(App& app, Context& c) {
  Server server = TRY(app.load(c, c.param("id")));
  Json tags = parse(server.tags);
  const auto& have = tags.as_array();
  if (std::find(have.begin(), have.end(), Json(c.param("tag"))) == have.end())
    return not_found("Server " + server.id + " has no tag '" + c.param("tag").substr(0, 80) + "'");
  return Response::empty(204);
}

void add_tag_routes(Router& router, App& app) {
  const std::string all = "/v2.1/servers/{id}/tags", one = all + "/{tag}";
  router.add("GET", all, Access::reader, [&app](const Request&, Context& c) {
    return with_tags(c, [&]() -> Result<Response> {
      Server server = TRY(app.load(c, c.param("id")));
      return Response::json(200, Json::object({{"tags", parse(server.tags)}}));
    });
  });
  router.add("PUT", all, Access::member, [&app](const Request& q, Context& c) {
    return with_tags(c, [&] { return replace_tags(app, q, c); });
  });
  router.add("DELETE", all, Access::member, [&app](const Request&, Context& c) {
    return with_tags(c, [&] {
      return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
        server.tags = "[]";
        save_server(s, server);
        return Response::empty(204);
      });
    });
  });
  router.add("GET", one, Access::reader, [&app](const Request&, Context& c) {
    return with_tags(c, [&] { return check_tag(app, c); });
  });
  router.add("PUT", one, Access::member, [&app](const Request&, Context& c) {
    return with_tags(c, [&] { return put_tag(app, c); });
  });
  router.add("DELETE", one, Access::member, [&app](const Request&, Context& c) {
    return with_tags(c, [&] { return drop_tag(app, c); });
  });
}

}  // namespace

void add_metadata_routes(Router& router, App& app) {
  const std::string all = "/v2.1/servers/{id}/metadata", one = all + "/{key}";
  router.add("GET", all, Access::reader, [&app](const Request&, Context& c) -> Result<Response> {
    Server server = TRY(app.load(c, c.param("id")));
    return metadata_answer(parse(server.metadata));
  });
  router.add("POST", all, Access::member, [&app](const Request& q, Context& c) -> Result<Response> {
    return store_metadata(app, c, TRY(body_member(q.body, "metadata")), false);
  });
  router.add("PUT", all, Access::member, [&app](const Request& q, Context& c) -> Result<Response> {
    return store_metadata(app, c, TRY(body_member(q.body, "metadata")), true);
  });
  router.add("GET", one, Access::reader,
             [&app](const Request&, Context& c) { return show_item(app, c); });
  router.add("PUT", one, Access::member,
             [&app](const Request& q, Context& c) { return set_item(app, q, c); });
  router.add("DELETE", one, Access::member,
             [&app](const Request&, Context& c) { return delete_item(app, c); });
  add_tag_routes(router, app);
}

}  // namespace nuri::compute
