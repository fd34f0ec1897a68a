#include "storage/domain/volume_list.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace nuri::storage {

namespace {

const std::vector<std::string> kFilters = {"name", "status", "bootable", "availability_zone",
                                           "id",   "size",   "user_id",  "project_id",
                                           "host"};
const std::vector<std::string> kSortKeys = {
    "id",   "status",   "size",       "availability_zone", "display_name",
    "name", "bootable", "created_at", "updated_at"};

template <class L>
bool has(const L& list, std::string_view x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

Result<int64_t> whole(const std::string& name, const std::string& text) {
  int64_t v = -1;
  auto r = std::from_chars(text.data(), text.data() + text.size(), v);
  if (r.ec != std::errc() || r.ptr != text.data() + text.size() || v < 0) {
    return bad_request(name + " param must be a whole number, 0 or more.", name);
  }
  return v;
}

// Clients send a map as Python or JSON writes it: {'a': 'b'} or {"a": "b"}.
Result<StringMap> read_metadata(std::string text) {
  if (text.find('"') == std::string::npos) std::replace(text.begin(), text.end(), '\'', '"');
  auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object())
    return bad_request("metadata must be an object of strings, as {\"key\": \"value\"}.",
                       "metadata");
  return string_map_from(*parsed);
}

Status read_order(const Query& query, VolumeQuery& out) {
  auto add = [&](std::string key, const std::string& dir) -> Status {
    if (!has(kSortKeys, key)) {
      return bad_request("Invalid sort key '" + key.substr(0, 60) +
                             "': it must be one of id, status, size, availability_zone, name, "
                             "bootable, created_at, updated_at.",
                         "sort");
    }
    if (dir != "asc" && dir != "desc")
      return bad_request(
          "Invalid sort direction '" + dir.substr(0, 20) + "': it must be asc or desc.", "sort");
    out.order.emplace_back(key == "display_name" ? "name" : key, dir == "desc");
    return {};
  };
  if (query.contains("sort")) {
    std::stringstream items(query.get("sort"));
    for (std::string item; std::getline(items, item, ',');) {
      size_t colon = item.find(':');
      TRYV(
          add(item.substr(0, colon), colon == std::string::npos ? "desc" : item.substr(colon + 1)));
    }
  } else if (query.contains("sort_key") || query.contains("sort_dir")) {
    TRYV(add(query.contains("sort_key") ? query.get("sort_key") : "created_at",
             query.contains("sort_dir") ? query.get("sort_dir") : "desc"));
  }
  bool down = out.order.empty() || out.order.front().second;
  out.order.emplace_back("created_at", down);
  out.order.emplace_back("id", down);
  return {};
}

std::string text_of(const Volume& v, const std::string& field) {
  if (field == "name") return v.name.value_or("");
  if (field == "status") return v.status;
  if (field == "bootable") return v.bootable ? "true" : "false";
  if (field == "availability_zone") return v.zone;
  if (field == "size") return std::to_string(v.size_gib);
  if (field == "user_id") return v.user_id;
  if (field == "project_id") return v.project_id;
  if (field == "host") return v.host.empty() ? "" : v.host + "@file#file";
  return v.id;
}

int compare(const Volume& a, const Volume& b, const std::string& key) {
  auto three = [](int64_t x, int64_t y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (key == "created_at") return three(a.created_us, b.created_us);
  if (key == "updated_at") return three(a.updated_us, b.updated_us);
  if (key == "size") return three(a.size_gib, b.size_gib);
  return text_of(a, key).compare(text_of(b, key));
}

bool meets(const Volume& v, const VolumeQuery& q) {
  for (const auto& [field, value] : q.equal) {
    if (text_of(v, field) != value) return false;
  }
  return std::all_of(q.metadata.begin(), q.metadata.end(), [&](const auto& kv) {
    auto found = v.metadata.find(kv.first);
    return found != v.metadata.end() && found->second == kv.second;
  });
}

}  // namespace

Result<VolumeQuery> read_volume_query(const Query& query) {
  VolumeQuery out;
  for (const auto& [key, value] : query.items()) {
    if (key == "limit")
      out.limit = std::min(kMaxPage, TRY(whole(key, value)));
    else if (key == "offset")
      out.offset = TRY(whole(key, value));
    else if (key == "marker")
      out.marker = value;
    else if (key == "metadata")
      out.metadata = TRY(read_metadata(value));
    else if (key == "all_tenants" || key == "all_projects")
      out.all_projects = loose_bool(Json(value));
    else if (key == "with_count")
      out.with_count = loose_bool(Json(value));
    else if (key == "bootable")
      out.equal.emplace_back(key, loose_bool(Json(value)) ? "true" : "false");
    else if (key == "display_name")
      out.equal.emplace_back("name", value);
    else if (has(kFilters, key))
      out.equal.emplace_back(key, value);
  }
  TRYV(read_order(query, out));
  return out;
}

Result<VolumePage> select(const VolumeQuery& q, std::vector<Volume> visible) {
  std::erase_if(visible, [&](const Volume& v) { return v.id != q.marker && !meets(v, q); });
  std::sort(visible.begin(), visible.end(), [&](const Volume& a, const Volume& b) {
    for (const auto& [key, descending] : q.order) {
      int c = compare(a, b, key);
      if (c != 0) return descending ? c > 0 : c < 0;
    }
    return false;
  });
  VolumePage page;
  auto from = visible.begin();
  page.count = static_cast<int64_t>(visible.size());
  if (!q.marker.empty()) {
    from = std::find_if(visible.begin(), visible.end(),
                        [&](const Volume& v) { return v.id == q.marker; });
    if (from == visible.end())
      return not_found("Volume " + q.marker.substr(0, 64) + " could not be found.");
    if (!meets(*from, q)) --page.count;
    ++from;
  }
  from += std::min<int64_t>(q.offset, visible.end() - from);
  auto to = from + std::min<int64_t>(q.limit, visible.end() - from);
  page.more = to != visible.end() && q.limit > 0;
  page.volumes.assign(std::make_move_iterator(from), std::make_move_iterator(to));
  return page;
}

}  // namespace nuri::storage
