#include "network/routes/paging.h"

#include <algorithm>
#include <charconv>

namespace nuri::network {

namespace {

// At most two of the query's filters, each with one value: few different statements. `rest` counts
// the parameters that are neither these nor a page's.
Narrow narrow_by(const Collection& c, const Query& query, size_t& rest) {
  constexpr size_t kMost = 2;
  const std::set<std::string> kPaging = {"limit", "marker", "page_reverse", "fields"};
  Narrow out;
  std::set<std::string> columns, done;
  for (const auto& [attribute, column] : c.columns) {
    std::vector<std::string> values = query.all(attribute);
    if (values.size() != 1 || out.args.size() == kMost || !columns.insert(column).second) continue;
    done.insert(attribute);
    out.args.emplace_back(values[0]);
    out.also += " AND " + column + " = ?" + std::to_string(out.args.size() + 1);
  }
  rest = 0;
  for (const auto& [key, value] : query.items())
    rest += !kPaging.contains(key) && !done.contains(key);
  return out;
}

int64_t limit_of(const Query& query) {
  constexpr int64_t kMost = 1'000'000;
  std::string text = query.get("limit");
  int64_t v = 0;
  auto r = std::from_chars(text.data(), text.data() + text.size(), v);
  bool fine = !text.empty() && r.ec == std::errc() && r.ptr == text.data() + text.size();
  return fine && v > 0 && v < kMost ? v : 0;
}

std::vector<ShownRow> shown_rows(std::vector<Json> items, const Query& query) {
  std::vector<ShownRow> out;
  out.reserve(items.size());
  for (Json& item : items) {
    std::string id = item["id"].as_string();
    Json asked = with_fields(std::move(item), query);
    out.push_back({std::move(id), std::make_shared<const std::string>(asked.dump())});
  }
  return out;
}

}  // namespace

Result<ShownPage> page_of(Work& w, const Collection& c, const Query& query) {
  size_t rest = 0;
  Narrow narrow = narrow_by(c, query, rest);
  int64_t limit = limit_of(query);
  std::string marker = query.get("marker");
  bool everything = !query.contains("limit") && marker.empty();
  bool by_database =
      rest == 0 && (everything || (limit > 0 && (marker.empty() || c.show(w, marker).ok())));
  ShownPage page;
  if (!by_database) {
    // A page's beginning is found among all.
    Page made =
        TRY(list_page(c.list(w, marker.empty() ? narrow : Narrow()), query, c.attributes));
    page.more = made.more;
    page.earlier = made.earlier;
    page.rows = shown_rows(std::move(made.items), query);
    return page;
  }
  if (!everything) {
    narrow.limit = limit + 1;
    narrow.marker = marker;
    narrow.reverse = word_true(query.get("page_reverse"));
  }
  bool whole = query.get("fields").empty() && query.all("fields").size() <= 1;
  page.rows = c.shown && whole ? c.shown(w, narrow) : shown_rows(c.list(w, narrow), query);
  page.earlier = !marker.empty();
  page.more = limit > 0 && static_cast<int64_t>(page.rows.size()) > limit;
  if (page.more) page.rows.pop_back();
  if (narrow.reverse) std::reverse(page.rows.begin(), page.rows.end());
  return page;
}

}  // namespace nuri::network
