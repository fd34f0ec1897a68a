#include "services/image/routes/api.h"

#include <algorithm>

#include "services/base/log.h"
#include "services/feed/outbox.h"
#include "services/ledger/check.h"

namespace nuri::image {

namespace {
constexpr TimeUs kGoneFor = 7 * 86'400 * kSecondUs;  // longer than any service tries again
}  // namespace

store::Viewer viewer_of(const Claims& claims) {
  return {claims.project_id, claims.is_admin() || claims.is_service()};
}

Error no_image(const Context& context) {
  return not_found("No image found with ID " + context.param("id").substr(0, 64) + ".");
}

Result<Image> visible_image(db::Session& s, const Context& context) {
  auto image = store::find(s, context.param("id"));
  if (!image || !store::visible(s, *image, viewer_of(context.claims))) return no_image(context);
  return std::move(*image);
}

Result<Image> owned_image(db::Session& s, const Context& context) {
  Image image = TRY(visible_image(s, context));
  const Claims& c = context.claims;
  bool own = !c.project_id.empty() && image.owner == c.project_id;
  if (own || c.is_admin() || c.is_service()) return image;
  return forbidden("You are not permitted to modify the image " + image.id +
                   ": it belongs to another project.");
}

bool is_metered(const Image& image) {
  return image.status == "active" || image.status == "deactivated";
}

void emit_usage(db::Session& s, const Image& image, std::string_view type,
                const std::string& user_id, TimeUs now_us) {
  feed::emit(
      s,
      {now_us, std::string(type), image.owner.value_or(""), user_id, "image", image.id,
       Json::object({{"name", image.name.value_or("")}, {"size_bytes", image.size.value_or(0)}})});
}

Status Api::recover() {
  std::vector<std::string> deleted, owned;
  TRYV(db_.write([&](db::Session& s) {
    for (const auto& id : store::requeue_saving(s, clock_.now_us())) {
      log::warning("an upload was cut off; its image waits for data again", {{"image", id}});
    }
    ledger::adopt_if_empty(s, quota_, store::kQuotaTruth);
    store::forget_gone(s, clock_.now_us() - kGoneFor);
    deleted = store::deleted(s);
    owned = store::with_data(s);
  }));
  std::sort(owned.begin(), owned.end());
  int removed = files_.sweep(owned);
  if (removed > 0) log::info("removed files that no image owns", {{"files", removed}});
  return db_.write([&](db::Session& s) {
    for (const auto& id : deleted) store::remove(s, id);
  });
}

}  // namespace nuri::image
