#include "services/image/store/image_quota.h"

namespace nuri::image::store {

namespace {

// Glance answers 413, and speaks of bytes.
Error words(const ledger::Overrun& o) {
  std::string what = o.resource == kBytes ? "bytes of image data" : "images";
  return Error(ErrorCode::too_large,
               "The project's quota of " + what +
                   " does not allow this: " + std::to_string(o.asked) + " more were asked for, " +
                   std::to_string(o.used) + " of " + std::to_string(o.limit) + " are used.",
               o.resource);
}

}  // namespace

ledger::Ledger image_quota(int64_t images, int64_t bytes) {
  return ledger::Ledger("project", {{kImages, images}, {kBytes, bytes}}, words);
}

const char* const kQuotaTruth =
    "SELECT id, owner, 'images', 1 FROM images WHERE status<>'deleted' UNION ALL "
    "SELECT id, owner, 'image_bytes', size FROM images WHERE status<>'deleted' AND size>0";

}  // namespace nuri::image::store
