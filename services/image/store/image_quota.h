#pragma once

#include <cstdint>

#include "services/image/api/image.h"
#include "services/ledger/ledger.h"

// What a project may have of images, in the ledger: an image counts from its create to its delete,
// its bytes from the end of its upload (or staging).
namespace nuri::image::store {

inline constexpr const char* kImages = "images";
inline constexpr const char* kBytes = "image_bytes";

ledger::Ledger image_quota(int64_t images, int64_t bytes);

// The rows that the claims must equal.
extern const char* const kQuotaTruth;

}  // namespace nuri::image::store
