#pragma once

#include <string>
#include <vector>

#include "services/base/request.h"
#include "storage/api/volume.h"

// What GET /volumes asks for: filters, order and page. Pure.
namespace nuri::storage {

inline constexpr int64_t kMaxPage = 1000;

struct VolumeQuery {
  std::vector<std::pair<std::string, std::string>> equal;  // field, value
  StringMap metadata;
  std::vector<std::pair<std::string, bool>> order;  // field, descending
  int64_t limit = kMaxPage, offset = 0;
  std::string marker;
  bool all_projects = false, with_count = false;
};

// Error: bad_request naming the parameter and what is allowed. What Cinder does not know is
// ignored.
Result<VolumeQuery> read_volume_query(const Query& query);

struct VolumePage {
  std::vector<Volume> volumes;
  bool more = false;
  int64_t count = 0;  // of all that meet the filters
};
// Error: not_found where the marker is not among `visible`.
Result<VolumePage> select(const VolumeQuery& query, std::vector<Volume> visible);

}  // namespace nuri::storage
