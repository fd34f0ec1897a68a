#include <algorithm>

#include "services/tasks/task.h"
#include "storage/domain/volume_state.h"
#include "storage/routes/api.h"
#include "storage/store/volume_store.h"

// POST /volumes/{id}/action and the metadata of a volume.
namespace nuri::storage {

namespace {

struct Extend {
  int64_t new_size_gib = 0;
};
const Fields<Extend> kExtend{
    "os-extend",
    Fields<Extend>::Unknown::refuse,
    {number("new_size", &Extend::new_size_gib).range(1, kMaxVolumeGib).required_()}};

struct Reset {
  std::optional<std::string> status, attach_status, migration_status;
};
const Fields<Reset> kReset{
    "os-reset_status",
    Fields<Reset>::Unknown::refuse,
    {text("status", &Reset::status).one_of({"available", "error", "in-use", "error_extending"}),
     text("attach_status", &Reset::attach_status).one_of({"attached", "detached"}).nullable_(),
     text("migration_status", &Reset::migration_status).nullable_()}};

struct Bootable {
  bool bootable = false;
};
const Fields<Bootable> kBootable{"os-set_bootable",
                                 Fields<Bootable>::Unknown::refuse,
                                 {boolean("bootable", &Bootable::bootable).required_()}};

Status need_admin(const Context& context, const std::string& action) {
  if (context.claims.is_admin()) return {};
  return forbidden("Policy does not allow volume action " + action +
                   " to be performed: it needs the admin role.");
}

Json metadata_json(const Volume& v) {
  return Json::object({{"metadata", string_map_json(v.metadata)}});
}

Status check_count(const StringMap& metadata) {
  if (static_cast<int64_t>(metadata.size()) <= kMaxMetadata) return {};
  return Error(ErrorCode::too_large,
               "A volume has at most " + std::to_string(kMaxMetadata) + " metadata items.");
}

}  // namespace

// The agent grows the file; the volume's task waits for it. Until it has, the volume has its old
// size, and its bill too; the quota is taken at once.
Status Api::extend(db::Session& s, Volume& v, int64_t size_gib) {
  TRYV(may_extend(v, size_gib));
  TRYV(check_quota(s, v.project_id, 0, size_gib - v.claimed_gib(), size_gib));
  v.growing_to_gib = size_gib;
  v.status = "extending";
  v.revision = feed_.put(s, v.host, "volume", v.id, volume_spec(v));
  TimeUs now = clock_.now_us();
  tasks::signal(s, v.id, now);
  wake_after(s);
  return {};
}

Result<Response> Api::action(const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  if (!body.is_object() || body.size() != 1)
    return bad_request("The body must be an object with one member: the action.");
  const auto& [name, value] = body.as_object().front();
  if (name == "os-extend") {
    Extend in = TRY(kExtend.read(value));
    TRY(change(context, [&](db::Session& s, Volume& v) { return extend(s, v, in.new_size_gib); }));
    return Response::empty(202);
  }
  if (name == "os-reset_status") {
    TRYV(need_admin(context, name));
    Reset in = TRY(kReset.read(value));
    TRY(change(context, [&](db::Session& s, Volume& v) -> Status {
      TRYV(may_reset(v, in.status.value_or(v.status)));
      if (in.status) v.status = *in.status;
      tasks::signal(s, v.id, clock_.now_us());
      wake_after(s);
      return {};
    }));
    return Response::empty(202);
  }
  if (name == "os-force_delete") {
    TRYV(need_admin(context, name));
    TRY(change_any(context, [&](db::Session& s, Volume& v) { return start_delete(s, v); }));
    return Response::empty(202);
  }
  if (name == "os-set_bootable") {
    Bootable in = TRY(kBootable.read(value));
    TRY(change(context, [&](db::Session&, Volume& v) -> Status {
      v.bootable = in.bootable;
      return {};
    }));
    return Response::empty(200);
  }
  if (name == "os-attach") return record_attach(value, context);
  if (name == "os-detach") return record_detach(value, context);
  return bad_request(
      "There is no such action: " + name.substr(0, 64) +
          ". Served are os-attach, os-detach, os-extend, os-set_bootable, os-reset_status and "
          "os-force_delete.",
      name.substr(0, 64));
}

Result<Response> Api::get_metadata(const Request&, Context& context) {
  Volume v = TRY(db_.read([&](db::Session& s) { return own_volume(s, context); }));
  return Response::json(200, metadata_json(v));
}

namespace {
struct MetadataBody {
  StringMap metadata;
};
const Fields<MetadataBody> kMetadata{
    "body",
    Fields<MetadataBody>::Unknown::refuse,
    {string_map("metadata", &MetadataBody::metadata).length(0, kMaxMetadata).required_()}};
struct MetaBody {
  StringMap meta;
};
const Fields<MetaBody> kMeta{"body",
                             Fields<MetaBody>::Unknown::refuse,
                             {string_map("meta", &MetaBody::meta).length(1, 1).required_()}};
}  // namespace

Result<Response> Api::add_metadata(const Request& request, Context& context) {
  MetadataBody in = TRY(kMetadata.read(TRY(parse_json(request.body))));
  Volume v = TRY(change(context, [&](db::Session&, Volume& volume) {
    for (const auto& [k, value] : in.metadata) volume.metadata[k] = value;
    return check_count(volume.metadata);
  }));
  return Response::json(200, metadata_json(v));
}

Result<Response> Api::set_metadata(const Request& request, Context& context) {
  MetadataBody in = TRY(kMetadata.read(TRY(parse_json(request.body))));
  Volume v = TRY(change(context, [&](db::Session&, Volume& volume) -> Status {
    volume.metadata = in.metadata;
    return {};
  }));
  return Response::json(200, metadata_json(v));
}

Result<Response> Api::get_metadata_item(const Request&, Context& context) {
  Volume v = TRY(db_.read([&](db::Session& s) { return own_volume(s, context); }));
  auto found = v.metadata.find(context.param("key"));
  if (found == v.metadata.end())
    return not_found("Volume metadata key '" + context.param("key").substr(0, 255) +
                     "' not found.");
  return Response::json(200,
                        Json::object({{"meta", Json::object({{found->first, found->second}})}}));
}

Result<Response> Api::set_metadata_item(const Request& request, Context& context) {
  MetaBody in = TRY(kMeta.read(TRY(parse_json(request.body))));
  const auto& [key, value] = *in.meta.begin();
  if (key != context.param("key"))
    return bad_request("Request body and URI mismatch: the key must be the same in both.", "meta");
  TRY(change(context, [&](db::Session&, Volume& v) {
    v.metadata[in.meta.begin()->first] = in.meta.begin()->second;
    return check_count(v.metadata);
  }));
  return Response::json(200, Json::object({{"meta", string_map_json(in.meta)}}));
}

Result<Response> Api::remove_metadata_item(const Request&, Context& context) {
  TRY(change(context, [&](db::Session&, Volume& v) -> Status {
    if (v.metadata.erase(context.param("key")) == 0)
      return not_found("Volume metadata key '" + context.param("key").substr(0, 255) +
                       "' not found.");
    return {};
  }));
  return Response::empty(200);
}

}  // namespace nuri::storage
