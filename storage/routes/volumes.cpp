#include <algorithm>

#include "storage/domain/volume_list.h"
#include "storage/routes/handlers.h"
#include "storage/routes/making.h"
#include "storage/store/volume_store.h"

// POST, GET, PUT and DELETE of volumes.
namespace nuri::storage {

namespace {

constexpr size_t kItemBytes = 1'024;  // about what a volume's view takes

Result<Response> list_of(Service& p, const Request& request, Context& context, bool detail) {
  ListQuery query = TRY(read_list_query(request.query, kVolumeRules, context.microversion));
  auto volumes = TRY(
      p.db.read([&](db::Session& s) { return store::list(s, list_scope(query, context)); }));
  auto page = TRY(select(query, kVolumeRules, std::move(volumes), volume_list_view()));
  VolumeLook how = look_of(context);
  // Written item by item: the tree of a long list is slow to make and to drop.
  std::string out = "{\"volumes\":[";
  out.reserve(page.items.size() * kItemBytes + kItemBytes);
  for (const Volume& v : page.items) {
    if (out.back() != '[') out += ',';
    (detail ? volume_detail(v, how) : volume_summary(v, how)).dump_to(out);
  }
  out += ']';
  Json rest = Json::object();
  finish_list(rest, "volumes", request, context, query, page.more ? page.items.back().id : "",
              page.count);
  for (const auto& [name, value] : rest.as_object()) {
    out += ",\"" + name + "\":";
    value.dump_to(out);
  }
  out += '}';
  return Response::text(200, std::move(out), "application/json");
}

}  // namespace

Result<Response> create_volume(Service& p, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "volume"));
  Making m;
  m.in = TRY(kVolumeCreate.read(body, context.microversion));
  m.id = p.random.uuid();
  m.project_id = context.param("project_id");
  m.user_id = context.claims.user_id;
  m.any_project = context.claims.is_admin();
  return make_volume(p, m, [&](const Volume& v) {
    return Response::json(202, Json::object({{"volume", volume_view(v, look_of(context))}}));
  });
}

Result<Response> list_volumes(Service& p, const Request& request, Context& context) {
  return list_of(p, request, context, false);
}

Result<Response> list_volumes_detail(Service& p, const Request& request, Context& context) {
  return list_of(p, request, context, true);
}

Result<Response> volume_summary(Service& p, const Request& request, Context& context) {
  ListQuery query = TRY(read_list_query(request.query, kVolumeRules, context.microversion));
  auto volumes = TRY(
      p.db.read([&](db::Session& s) { return store::list(s, list_scope(query, context)); }));
  int64_t size = 0;
  std::map<std::string, std::vector<std::string>> metadata;
  for (const Volume& v : volumes) {
    size += v.size_gib;
    for (const auto& [k, value] : v.metadata) {
      auto& seen = metadata[k];
      if (std::find(seen.begin(), seen.end(), value) == seen.end()) seen.push_back(value);
    }
  }
  Json out = Json::object({{"total_size", size}, {"total_count", volumes.size()}});
  if (context.microversion >= 36) {
    Json all = Json::object();
    for (const auto& [k, values] : metadata) all.set(k, Json::strings(values));
    out.set("metadata", all);
  }
  return Response::json(200, Json::object({{"volume-summary", out}}));
}

Result<Response> show_volume(Service& p, const Request&, Context& context) {
  Volume volume = TRY(p.db.read([&](db::Session& s) { return own_volume(s, context); }));
  return Response::json(200, Json::object({{"volume", volume_detail(volume, look_of(context))}}));
}

Result<Response> update_volume(Service& p, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "volume"));
  VolumeUpdate in = TRY(kVolumeUpdate.read(body, context.microversion));
  Volume volume = TRY(change_volume(p, context, [&](db::Session&, Volume& v) -> Status {
    auto says = [&](const char* a, const char* b) { return body.contains(a) || body.contains(b); };
    if (says("name", "display_name")) v.name = in.name;
    if (says("description", "display_description")) v.description = in.description;
    if (in.metadata) v.metadata = *in.metadata;
    return {};
  }));
  return Response::json(200, Json::object({{"volume", volume_view(volume, look_of(context))}}));
}

Result<Response> no_id(Service&, const Request&, Context&) {
  return not_found("The resource could not be found: the path needs the volume's id.");
}

Result<Response> delete_volume(Service& p, const Request& request, Context& context) {
  bool cascade = loose_bool(Json(request.query.get("cascade")));
  bool force = context.microversion >= 23 && loose_bool(Json(request.query.get("force")));
  if (force) TRYV(need_admin(context, "volume:force_delete"));
  TRYV(p.db.write([&](db::Session& s) -> Status {
    Volume v = TRY(own_volume(s, context));
    return start_delete(p, s, v, cascade, force);
  }));
  return Response::empty(202);
}

}  // namespace nuri::storage
