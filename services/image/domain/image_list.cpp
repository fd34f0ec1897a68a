#include "services/image/domain/image_list.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace nuri::image {

namespace {

const std::vector<std::string> kSortKeys = {
    "name",       "status", "container_format", "disk_format", "size",   "id", "created_at",
    "updated_at", "owner",  "visibility",       "min_disk",    "min_ram"};
const std::vector<std::string> kInFields = {"container_format", "disk_format", "id", "name",
                                            "status"};
const std::vector<std::string> kComparisons = {"eq", "neq", "gt", "gte", "lt", "lte"};

template <class L>
bool has(const L& list, std::string_view x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

std::optional<int64_t> integer(std::string_view s) {
  int64_t v = 0;
  auto r = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || r.ec != std::errc() || r.ptr != s.data() + s.size()) return std::nullopt;
  return v;
}

// in:a,"b,c",d
Result<std::vector<std::string>> split_in(const std::string& field, std::string_view list) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (char c : list) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      out.emplace_back();
    else
      out.back() += c;
  }
  if (quoted)
    return bad_request("Invalid filter value for " + field + ": a quote is not closed.", field);
  return out;
}

Result<ListQuery::Condition> read_condition(const std::string& key, const std::string& value) {
  size_t colon = value.find(':');
  std::string prefix = colon == std::string::npos ? "" : value.substr(0, colon);
  std::string rest = colon == std::string::npos ? value : value.substr(colon + 1);
  if (prefix == "in" && has(kInFields, key))
    return ListQuery::Condition{key, "in", TRY(split_in(key, rest))};
  if (key == "created_at" || key == "updated_at") {
    bool given = has(kComparisons, prefix);
    std::string time = given ? rest : value;
    if (!parse_iso(time))
      return bad_request(
          "The value of " + key + " must be an ISO 8601 time, as gt:2026-01-31T12:00:00Z.", key);
    return ListQuery::Condition{key, given ? prefix : "eq", {time}};
  }
  if (key == "size_min" || key == "size_max") {
    auto n = integer(value);
    if (!n || *n < 0)
      return bad_request("The value of " + key + " must be a whole number, 0 or more.", key);
    return ListQuery::Condition{"size", key == "size_min" ? "gte" : "lte", {value}};
  }
  if (key == "protected" && value != "true" && value != "false" && value != "True" &&
      value != "False") {
    return bad_request("The value of protected must be true or false.", key);
  }
  return ListQuery::Condition{key, "eq", {value}};
}

Result<std::string> sort_key(const std::string& key) {
  if (!has(kSortKeys, key)) {
    return bad_request(
        "Invalid sort key '" + key.substr(0, 60) +
            "': it must be one of name, status, container_format, disk_format, size, id, "
            "created_at, updated_at, owner, visibility, min_disk, min_ram.",
        "sort_key");
  }
  return key;
}

Result<bool> descending(const std::string& dir) {
  if (dir == "desc") return true;
  if (dir == "asc") return false;
  return bad_request("Invalid sort direction '" + dir.substr(0, 20) + "': it must be asc or desc.",
                     "sort_dir");
}

Status read_order(const Query& query, ListQuery& out) {
  if (query.contains("sort")) {
    if (query.contains("sort_key") || query.contains("sort_dir")) {
      return bad_request("sort cannot be used together with sort_key and sort_dir.", "sort");
    }
    std::stringstream items(query.get("sort"));
    for (std::string item; std::getline(items, item, ',');) {
      size_t colon = item.find(':');
      std::string key = TRY(sort_key(item.substr(0, colon)));
      bool down = colon == std::string::npos ? true : TRY(descending(item.substr(colon + 1)));
      out.order.push_back({key, down});
    }
  } else {
    std::vector<std::string> keys = query.all("sort_key"), dirs = query.all("sort_dir");
    if (keys.empty()) keys = {"created_at"};
    if (dirs.size() > 1 && dirs.size() != keys.size())
      return bad_request("The numbers of sort_key and sort_dir must be the same.", "sort_dir");
    for (size_t i = 0; i < keys.size(); ++i) {
      std::string dir = dirs.empty() ? "desc" : dirs.size() == 1 ? dirs[0] : dirs[i];
      out.order.push_back({TRY(sort_key(keys[i])), TRY(descending(dir))});
    }
  }
  // A total order, or a page's end would not say where the next begins.
  bool down = out.order.empty() || out.order.front().descending;
  for (const char* last : {"created_at", "id"}) {
    if (std::none_of(out.order.begin(), out.order.end(),
                     [&](const auto& o) { return o.key == last; }))
      out.order.push_back({last, down});
  }
  return {};
}

// A field as text, and as a number where it is one.
std::string text_of(const Image& i, const std::string& field) {
  if (field == "name") return i.name.value_or("");
  if (field == "status") return i.status;
  if (field == "id") return i.id;
  if (field == "owner") return i.owner.value_or("");
  if (field == "visibility") return i.visibility;
  if (field == "disk_format") return i.disk_format.value_or("");
  if (field == "container_format") return i.container_format.value_or("");
  if (field == "checksum") return i.checksum.value_or("");
  if (field == "os_hash_value") return i.hash_value.value_or("");
  if (field == "os_hash_algo") return i.hash_value ? "sha512" : "";
  auto found = i.properties.find(field);
  return found == i.properties.end() ? "" : found->second;
}

std::optional<int64_t> number_of(const Image& i, const std::string& field) {
  if (field == "size") return i.size.value_or(-1);
  if (field == "virtual_size") return i.virtual_size.value_or(-1);
  if (field == "min_disk") return i.min_disk;
  if (field == "min_ram") return i.min_ram;
  // Shown in seconds, so compared in seconds.
  if (field == "created_at") return i.created_us / kSecondUs;
  if (field == "updated_at") return i.updated_us / kSecondUs;
  if (field == "protected") return i.is_protected;
  return std::nullopt;
}

bool meets(const Image& image, const ListQuery::Condition& c) {
  if (auto have = number_of(image, c.field)) {
    std::optional<int64_t> want = integer(c.values[0]);
    if (c.field == "protected") want = c.values[0] == "true" || c.values[0] == "True";
    if (c.field == "created_at" || c.field == "updated_at")
      want = *parse_iso(c.values[0]) / kSecondUs;
    if (!want) return false;
    if (c.op == "neq") return *have != *want;
    if (c.op == "gt") return *have > *want;
    if (c.op == "gte") return *have >= *want;
    if (c.op == "lt") return *have < *want;
    if (c.op == "lte") return *have <= *want;
    return *have == *want;
  }
  if (!is_base_property(c.field) && !image.properties.contains(c.field)) return false;
  return has(c.values, text_of(image, c.field));
}

int compare(const Image& a, const Image& b, const std::string& key) {
  if (key == "created_at") return a.created_us < b.created_us ? -1 : a.created_us > b.created_us;
  if (key == "updated_at") return a.updated_us < b.updated_us ? -1 : a.updated_us > b.updated_us;
  if (auto x = number_of(a, key)) {
    auto y = number_of(b, key);
    return *x < *y ? -1 : *x > *y;
  }
  return text_of(a, key).compare(text_of(b, key));
}

}  // namespace

Result<ListQuery> read_list_query(const Query& query) {
  ListQuery out;
  for (const auto& [key, value] : query.items()) {
    if (key == "limit") {
      auto n = integer(value);
      if (!n || *n < 0) return bad_request("limit must be a whole number, 0 or more.", "limit");
      out.limit = std::min(*n, kMaxPage);
    } else if (key == "marker") {
      out.marker = value;
    } else if (key == "sort" || key == "sort_key" || key == "sort_dir") {
      continue;
    } else if (key == "tag") {
      out.tags.push_back(value);
    } else if (key == "visibility") {
      static const std::vector<std::string> kAllowed = {"public", "private", "shared", "community",
                                                        "all"};
      if (!has(kAllowed, value))
        return bad_request("visibility must be one of: public, private, shared, community, all.",
                           key);
      out.visibility = value;
    } else if (key == "member_status") {
      static const std::vector<std::string> kAllowed = {"pending", "accepted", "rejected", "all"};
      if (!has(kAllowed, value))
        return bad_request("member_status must be one of: pending, accepted, rejected, all.", key);
      out.member_status = value;
    } else if (key == "os_hidden") {
      if (value != "true" && value != "false" && value != "True" && value != "False")
        return bad_request("os_hidden must be true or false.", key);
      out.hidden = value[0] == 't' || value[0] == 'T';
    } else {
      out.conditions.push_back(TRY(read_condition(key, value)));
    }
  }
  TRYV(read_order(query, out));
  return out;
}

Result<Page> select(const ListQuery& query, std::vector<Image> visible) {
  std::sort(visible.begin(), visible.end(), [&](const Image& a, const Image& b) {
    for (const auto& o : query.order) {
      int c = compare(a, b, o.key);
      if (c != 0) return o.descending ? c > 0 : c < 0;
    }
    return false;
  });
  auto from = visible.begin();
  if (!query.marker.empty()) {
    from = std::find_if(visible.begin(), visible.end(),
                        [&](const Image& i) { return i.id == query.marker; });
    if (from == visible.end())
      return bad_request("Invalid marker: there is no image " + query.marker.substr(0, 64) + ".",
                         "marker");
    ++from;
  }
  Page page;
  for (; from != visible.end(); ++from) {
    bool wanted = from->hidden == query.hidden &&
                  std::all_of(query.conditions.begin(), query.conditions.end(),
                              [&](const auto& c) { return meets(*from, c); }) &&
                  std::all_of(query.tags.begin(), query.tags.end(),
                              [&](const auto& t) { return has(from->tags, t); });
    if (!wanted) continue;
    if (static_cast<int64_t>(page.images.size()) == query.limit) {
      page.more = true;
      break;
    }
    page.images.push_back(std::move(*from));
  }
  if (query.limit == 0) page.more = false;
  return page;
}

}  // namespace nuri::image
