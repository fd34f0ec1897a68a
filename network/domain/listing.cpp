#include "network/domain/listing.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace nuri::network {

namespace {

const std::set<std::string> kControls = {"fields",   "limit",    "marker",
                                         "sort_key", "sort_dir", "page_reverse"};
const std::set<std::string> kTagFilters = {"tags", "tags-any", "not-tags", "not-tags-any"};

std::string lower(std::string s) {
  for (char& c : s) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return s;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  size_t at = 0;
  for (;;) {
    size_t comma = text.find(',', at);
    out.push_back(text.substr(at, comma - at));
    if (comma == std::string::npos) return out;
    at = comma + 1;
  }
}

bool matches_scalar(const Json& value, const std::string& wanted) {
  if (value.is_null()) return wanted.empty() || wanted == "null";
  if (value.is_bool()) {
    std::string w = lower(wanted);
    return value.as_bool() ? w == "true" || w == "1" : w == "false" || w == "0";
  }
  if (value.is_int()) return std::to_string(value.as_int()) == wanted;
  return value.as_string() == wanted;
}

// fixed_ips=ip_address=10.0.0.3: an entry of the list whose member has that value.
bool matches_member(const Json& list, const std::string& wanted) {
  size_t eq = wanted.find('=');
  if (eq == std::string::npos) return false;
  std::string key = wanted.substr(0, eq), value = wanted.substr(eq + 1);
  return std::any_of(list.as_array().begin(), list.as_array().end(), [&](const Json& item) {
    if (key == "ip_address_substr")
      return item["ip_address"].as_string().find(value) != std::string::npos;
    return item.contains(key) && matches_scalar(item[key], value);
  });
}

bool matches_one(const Json& value, const std::string& wanted) {
  if (!value.is_array()) return matches_scalar(value, wanted);
  for (const Json& item : value.as_array()) {
    if (!item.is_object() && matches_scalar(item, wanted)) return true;
  }
  return matches_member(value, wanted);
}

// Values of one member are alternatives; different members must all match.
bool matches(const Json& value, const std::vector<std::string>& wanted) {
  std::map<std::string, bool> by_member;
  for (const std::string& w : wanted) {
    std::string member = value.is_array() ? w.substr(0, w.find('=')) : std::string();
    bool structured = value.is_array() && w.find('=') != std::string::npos;
    bool& hit = by_member[structured ? member : std::string()];
    hit = hit || matches_one(value, w);
  }
  return std::all_of(by_member.begin(), by_member.end(), [](const auto& m) { return m.second; });
}

// What a query asks of an item, made once: a query may hold thousands of parameters, and a list
// thousands of items.
struct Wanted {
  std::map<std::string, std::vector<std::string>> values;  // by attribute
  std::map<std::string, std::set<std::string>> tags;       // by filter; repeated, it is one longer
};

Wanted wanted_of(const Query& query) {
  Wanted out;
  for (const auto& [key, value] : query.items()) {
    if (kControls.contains(key)) continue;
    if (kTagFilters.contains(key)) {
      for (std::string& tag : split(value)) out.tags[key].insert(std::move(tag));
    } else {
      out.values[key].push_back(value);
    }
  }
  return out;
}

bool matches_tags(const Json& item, const std::string& filter,
                  const std::set<std::string>& wanted) {
  std::set<std::string> hits;
  for (const Json& t : item["tags"].as_array()) {
    std::string tag = t.as_string();
    if (wanted.contains(tag)) hits.insert(std::move(tag));
  }
  bool all = hits.size() == wanted.size(), any = !hits.empty();
  if (filter == "tags") return all;
  if (filter == "tags-any") return any;
  return filter == "not-tags" ? !all : !any;
}

bool passes(const Json& item, const Wanted& wanted) {
  return std::all_of(wanted.tags.begin(), wanted.tags.end(),
                     [&](const auto& f) { return matches_tags(item, f.first, f.second); }) &&
         std::all_of(wanted.values.begin(), wanted.values.end(),
                     [&](const auto& f) { return matches(item[f.first], f.second); });
}

bool less(const Json& a, const Json& b) {
  if (a.is_int() && b.is_int()) return a.as_int() < b.as_int();
  auto text = [](const Json& j) {
    return j.is_string() ? j.as_string() : j.is_null() ? std::string() : j.dump();
  };
  return text(a) < text(b);
}

Result<int64_t> number(const Query& query, const char* key) {
  std::string text = query.get(key);
  int64_t v = 0;
  auto r = std::from_chars(text.data(), text.data() + text.size(), v);
  if (text.empty() || r.ec != std::errc() || r.ptr != text.data() + text.size() || v < 0) {
    return bad_request(std::string("'") + text.substr(0, 80) + "' is not allowed for " + key +
                           ": it must be a number of 0 or more.",
                       key);
  }
  return v;
}

}  // namespace

bool word_true(const std::string& text) { return lower(text) == "true" || text == "1"; }

Result<Page> list_page(std::vector<Json> items, const Query& query,
                       const std::set<std::string>& known) {
  for (const auto& [key, value] : query.items()) {
    if (!kControls.contains(key) && !kTagFilters.contains(key) && !known.contains(key)) {
      return bad_request("'" + key.substr(0, 80) + "' is not an attribute that can be filtered by.",
                         key.substr(0, 80));
    }
  }
  std::vector<std::string> keys = query.all("sort_key"), directions = query.all("sort_dir");
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!known.contains(keys[i])) {
      return bad_request(
          "'" + keys[i].substr(0, 80) + "' is not an attribute that can be sorted by.", "sort_key");
    }
    if (i < directions.size() && directions[i] != "asc" && directions[i] != "desc") {
      return bad_request(
          "'" + directions[i].substr(0, 80) + "' is not allowed for sort_dir: asc or desc.",
          "sort_dir");
    }
  }
  Page page;
  std::string marker = query.get("marker");
  bool found = marker.empty();
  for (const Json& item : items) found = found || item["id"].as_string() == marker;
  if (!found)
    return bad_request(
        "The marker '" + marker.substr(0, 80) + "' is not the id of a listed resource.", "marker");
  Wanted wanted = wanted_of(query);
  std::erase_if(items, [&](const Json& item) {
    return item["id"].as_string() != marker && !passes(item, wanted);
  });
  std::stable_sort(items.begin(), items.end(), [&](const Json& a, const Json& b) {
    for (size_t i = 0; i < keys.size(); ++i) {
      bool down = i < directions.size() && directions[i] == "desc";
      const Json &x = a[keys[i]], &y = b[keys[i]];
      if (less(x, y)) return !down;
      if (less(y, x)) return down;
    }
    return false;
  });
  bool reverse = word_true(query.get("page_reverse"));
  if (reverse) std::reverse(items.begin(), items.end());
  if (!marker.empty()) {
    auto at = std::find_if(items.begin(), items.end(),
                           [&](const Json& i) { return i["id"].as_string() == marker; });
    items.erase(items.begin(), at + 1);
  }
  page.earlier = !marker.empty();
  if (query.contains("limit")) {
    int64_t limit = TRY(number(query, "limit"));
    if (limit > 0 && static_cast<int64_t>(items.size()) > limit) {
      items.resize(static_cast<size_t>(limit));
      page.more = true;
    }
  }
  if (reverse) std::reverse(items.begin(), items.end());
  page.items = std::move(items);
  return page;
}

Json with_fields(Json item, const Query& query) {
  std::vector<std::string> fields = query.all("fields");
  std::erase(fields, "");
  if (fields.empty()) return item;
  Json out = Json::object();
  for (const auto& [key, value] : item.as_object()) {
    if (std::find(fields.begin(), fields.end(), key) != fields.end()) out.set(key, value);
  }
  return out;
}

Json page_links(const ShownPage& page, const Query& query, const std::string& url) {
  Json out = Json::array();
  if (!query.contains("limit") || page.rows.empty()) return out;
  bool reverse = word_true(query.get("page_reverse"));
  auto add = [&](const char* rel, const ShownRow& at, bool backwards) {
    Query q = query;
    q.set("marker", at.id);
    if (backwards)
      q.set("page_reverse", "True");
    else if (q.contains("page_reverse"))
      q.set("page_reverse", "False");
    out.push_back(Json::object({{"href", url + "?" + q.encode()}, {"rel", rel}}));
  };
  if (reverse ? page.earlier : page.more) add("next", page.rows.back(), false);
  if (reverse ? page.more : page.earlier) add("previous", page.rows.front(), true);
  return out;
}

}  // namespace nuri::network
