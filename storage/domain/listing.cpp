#include "storage/domain/listing.h"

#include <charconv>
#include <sstream>

namespace nuri::storage {

namespace {

constexpr int kLikeSince = 31, kTimesSince = 60;

bool has(const std::vector<std::string>& list, std::string_view x) {
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

Status read_order(const Query& query, const ListRules& rules, ListQuery& out) {
  auto add = [&](std::string key, const std::string& dir) -> Status {
    if (key == "display_name") key = "name";
    if (!has(rules.sort_keys, key)) {
      std::string known;
      for (const auto& k : rules.sort_keys) known += (known.empty() ? "" : ", ") + k;
      return bad_request(
          "Invalid sort key '" + key.substr(0, 60) + "': it must be one of " + known + ".", "sort");
    }
    if (dir != "asc" && dir != "desc")
      return bad_request(
          "Invalid sort direction '" + dir.substr(0, 20) + "': it must be asc or desc.", "sort");
    out.order.emplace_back(key, dir == "desc");
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
  if (has(rules.sort_keys, "created_at")) out.order.emplace_back("created_at", down);
  out.order.emplace_back("id", down);
  return {};
}

// created_at=gt:2026-01-01T00:00:00,lt:2026-02-01T00:00:00
Status read_times(const std::string& field, const std::string& text, ListQuery& out) {
  std::stringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    size_t colon = item.find(':');
    std::string op = item.substr(0, colon);
    bool named = has({"gt", "gte", "eq", "neq", "lt", "lte"}, op);
    auto at = parse_iso(named ? item.substr(colon + 1) : item);
    if (!at) {
      return bad_request(field +
                             " must be a time in ISO 8601, with or without one of gt:, gte:, "
                             "eq:, neq:, lt:, lte: before it.",
                         field);
    }
    out.times.push_back({field, named ? op : "eq", *at});
  }
  return {};
}

}  // namespace

std::string sortable(int64_t number) {
  std::string digits = std::to_string(number);
  return digits.size() < 20 ? std::string(20 - digits.size(), '0') + digits : digits;
}

bool within_bound(const ListQuery::Bound& b, TimeUs at) {
  if (b.op == "gt") return at > b.at_us;
  if (b.op == "gte") return at >= b.at_us;
  if (b.op == "lt") return at < b.at_us;
  if (b.op == "lte") return at <= b.at_us;
  bool same = at / kSecondUs == b.at_us / kSecondUs;
  return b.op == "neq" ? !same : same;
}

Result<ListQuery> read_list_query(const Query& query, const ListRules& rules, int microversion) {
  ListQuery out;
  for (const auto& [key, value] : query.items()) {
    std::string field = key == "display_name" ? "name" : key;
    if (key == "limit")
      out.limit = std::min(kMaxPage, TRY(whole(key, value)));
    else if (key == "offset")
      out.offset = TRY(whole(key, value));
    else if (key == "marker")
      out.marker = value;
    else if (key == "metadata" && has(rules.filters, "metadata"))
      out.metadata = TRY(read_metadata(value));
    else if (key == "all_tenants" || key == "all_projects")
      out.all_projects = loose_bool(Json(value));
    else if (key == "with_count")
      out.with_count = microversion >= 45 && loose_bool(Json(value));
    else if (key == "bootable" && has(rules.filters, key))
      out.equal.emplace_back(key, loose_bool(Json(value)) ? "true" : "false");
    else if ((key == "created_at" || key == "updated_at") && has(rules.filters, key)) {
      if (microversion >= kTimesSince) TRYV(read_times(key, value, out));
    } else if (key.ends_with('~') && has(rules.filters, key.substr(0, key.size() - 1))) {
      if (microversion >= kLikeSince) out.parts.emplace_back(key.substr(0, key.size() - 1), value);
    } else if (has(rules.filters, field)) {
      out.equal.emplace_back(field, value);
    }
  }
  TRYV(read_order(query, rules, out));
  return out;
}

}  // namespace nuri::storage
