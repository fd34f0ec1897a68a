#include "storage/routes/handlers.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/volume_store.h"

// The metadata of volumes and of snapshots.
namespace nuri::storage {

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

Json meta_answer(const std::string& key, const std::string& value) {
  return Json::object({{"meta", Json::object({{key, value}})}});
}

// The same six calls, over whatever has metadata.
template <class T>
struct Calls {
  using Change = std::function<Status(db::Session&, T&)>;
  std::string what;
  Result<T> (*own)(db::Session&, const Context&);
  Result<T> (*change)(Service&, Context&, const Change&);

  Result<Response> get(Service& p, Context& c) const {
    T t = TRY(p.db.read([&](db::Session& s) { return own(s, c); }));
    return Response::json(200, metadata_answer(t.metadata));
  }
  Result<Response> write(Service& p, const Request& q, Context& c, bool replace) const {
    StringMap in = TRY(read_metadata_body(q));
    T t = TRY(change(p, c, [&](db::Session&, T& x) {
      if (replace) x.metadata.clear();
      for (const auto& [k, v] : in) x.metadata[k] = v;
      return check_metadata_count(x.metadata);
    }));
    return Response::json(200, metadata_answer(t.metadata));
  }
  Result<Response> get_item(Service& p, Context& c) const {
    T t = TRY(p.db.read([&](db::Session& s) { return own(s, c); }));
    auto found = t.metadata.find(c.param("key"));
    if (found == t.metadata.end()) return no_such_key(what, c);
    return Response::json(200, meta_answer(found->first, found->second));
  }
  Result<Response> put_item(Service& p, const Request& q, Context& c) const {
    auto item = TRY(read_meta_item(q, c));
    TRY(change(p, c, [&](db::Session&, T& x) {
      x.metadata[item.first] = item.second;
      return check_metadata_count(x.metadata);
    }));
    return Response::json(200, meta_answer(item.first, item.second));
  }
  Result<Response> remove_item(Service& p, Context& c) const {
    TRY(change(p, c, [&](db::Session&, T& x) -> Status {
      if (x.metadata.erase(c.param("key")) == 0) return no_such_key(what, c);
      return {};
    }));
    return Response::empty(200);
  }
};

const Calls<Volume> kVolumes = {"Volume", own_volume, change_volume};
const Calls<Snapshot> kSnapshots = {"Snapshot", own_snapshot, change_snapshot};

}  // namespace

Status check_metadata_count(const StringMap& metadata) {
  if (static_cast<int64_t>(metadata.size()) <= kMaxMetadata) return {};
  return Error(ErrorCode::too_large,
               "There are at most " + std::to_string(kMaxMetadata) + " metadata items.");
}

Result<StringMap> read_metadata_body(const Request& request) {
  return TRY(kMetadata.read(TRY(parse_json(request.body)))).metadata;
}

Result<std::pair<std::string, std::string>> read_meta_item(const Request& request,
                                                           const Context& context) {
  MetaBody in = TRY(kMeta.read(TRY(parse_json(request.body))));
  if (in.meta.begin()->first != context.param("key"))
    return bad_request("Request body and URI mismatch: the key must be the same in both.", "meta");
  return std::make_pair(in.meta.begin()->first, in.meta.begin()->second);
}

Json metadata_answer(const StringMap& metadata) {
  return Json::object({{"metadata", string_map_json(metadata)}});
}

Error no_such_key(const std::string& what, const Context& context) {
  return not_found(what + " metadata key '" + context.param("key").substr(0, 255) +
                   "' not found.");
}

Result<Response> get_volume_metadata(Service& p, const Request&, Context& c) {
  return kVolumes.get(p, c);
}
Result<Response> add_volume_metadata(Service& p, const Request& q, Context& c) {
  return kVolumes.write(p, q, c, false);
}
Result<Response> set_volume_metadata(Service& p, const Request& q, Context& c) {
  return kVolumes.write(p, q, c, true);
}
Result<Response> get_volume_metadata_item(Service& p, const Request&, Context& c) {
  return kVolumes.get_item(p, c);
}
Result<Response> set_volume_metadata_item(Service& p, const Request& q, Context& c) {
  return kVolumes.put_item(p, q, c);
}
Result<Response> remove_volume_metadata_item(Service& p, const Request&, Context& c) {
  return kVolumes.remove_item(p, c);
}
Result<Response> get_snapshot_metadata(Service& p, const Request&, Context& c) {
  return kSnapshots.get(p, c);
}
Result<Response> add_snapshot_metadata(Service& p, const Request& q, Context& c) {
  return kSnapshots.write(p, q, c, false);
}
Result<Response> set_snapshot_metadata(Service& p, const Request& q, Context& c) {
  return kSnapshots.write(p, q, c, true);
}
Result<Response> get_snapshot_metadata_item(Service& p, const Request&, Context& c) {
  return kSnapshots.get_item(p, c);
}
Result<Response> set_snapshot_metadata_item(Service& p, const Request& q, Context& c) {
  return kSnapshots.put_item(p, q, c);
}
Result<Response> remove_snapshot_metadata_item(Service& p, const Request&, Context& c) {
  return kSnapshots.remove_item(p, c);
}

}  // namespace nuri::storage
