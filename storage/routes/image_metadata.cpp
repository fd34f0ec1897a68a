#include "storage/routes/actions.h"

// A volume's image metadata: what its image said of itself, and what people make of it.
namespace nuri::storage {

namespace {

struct SetBody {
  StringMap metadata;
};
const Fields<SetBody> kSet{
    "os-set_image_metadata",
    Fields<SetBody>::Unknown::refuse,
    {string_map("metadata", &SetBody::metadata).length(0, kMaxMetadata).required_()}};

struct UnsetBody {
  std::string key;
};
const Fields<UnsetBody> kUnset{"os-unset_image_metadata",
                               Fields<UnsetBody>::Unknown::refuse,
                               {text("key", &UnsetBody::key).length(1, 255).required_()}};

}  // namespace

Result<Response> set_image_metadata(Service& p, const Json& value, Context& context) {
  SetBody in = TRY(kSet.read(value));
  Volume volume = TRY(change_volume(p, context, [&](db::Session&, Volume& v) {
    for (const auto& [k, item] : in.metadata) v.image_metadata[k] = item;
    return check_metadata_count(v.image_metadata);
  }));
  return Response::json(200, metadata_answer(volume.image_metadata));
}

Result<Response> unset_image_metadata(Service& p, const Json& value, Context& context) {
  UnsetBody in = TRY(kUnset.read(value));
  TRY(change_volume(p, context, [&](db::Session&, Volume& v) -> Status {
    if (v.image_metadata.erase(in.key) == 0)
      return not_found("Image metadata key '" + in.key + "' not found.");
    return {};
  }));
  return Response::empty(200);
}

Result<Response> show_image_metadata(Service& p, const Json&, Context& context) {
  Volume v = TRY(p.db.read([&](db::Session& s) { return own_volume(s, context); }));
  return Response::json(200, metadata_answer(v.image_metadata));
}

}  // namespace nuri::storage
