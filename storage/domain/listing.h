#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/base/clock.h"
#include "services/base/fields.h"
#include "services/base/request.h"

// What a GET of a list asks for, the same for each kind of thing: filters, order and page. Pure.
namespace nuri::storage {

inline constexpr int64_t kMaxPage = 1000;

struct ListRules {
  std::string what;  // "Volume": in errors
  std::vector<std::string> filters, sort_keys;
};

struct ListQuery {
  std::vector<std::pair<std::string, std::string>> equal;  // field, value
  std::vector<std::pair<std::string, std::string>> parts;  // field, a part of its text
  struct Bound {
    std::string field, op;  // op: gt, gte, eq, neq, lt, lte
    TimeUs at_us = 0;
  };
  std::vector<Bound> times;
  StringMap metadata;
  std::vector<std::pair<std::string, bool>> order;  // field, descending
  int64_t limit = kMaxPage, offset = 0;
  std::string marker;
  bool all_projects = false, with_count = false;
};

// Error: bad_request naming the parameter and what is allowed. What Cinder does not know is
// ignored.
Result<ListQuery> read_list_query(const Query& query, const ListRules& rules, int microversion);

// How a thing is looked at. `sort` gives texts that compare as the values do.
template <class T>
struct ListView {
  std::function<std::string(const T&)> id;
  std::function<std::string(const T&, const std::string& field)> text, sort;
  std::function<TimeUs(const T&, const std::string& field)> time;
  std::function<const StringMap*(const T&)> metadata;
};

template <class T>
struct Page {
  std::vector<T> items;
  bool more = false;
  int64_t count = 0;  // of all that meet the filters
};

// A number as a text that compares as the number does (not negative).
std::string sortable(int64_t number);
bool within_bound(const ListQuery::Bound& bound, TimeUs at_us);

template <class T>
bool meets(const T& item, const ListQuery& q, const ListView<T>& view) {
  for (const auto& [field, value] : q.equal)
    if (view.text(item, field) != value) return false;
  for (const auto& [field, part] : q.parts)
    if (view.text(item, field).find(part) == std::string::npos) return false;
  for (const auto& bound : q.times)
    if (!within_bound(bound, view.time(item, bound.field))) return false;
  const StringMap* have = q.metadata.empty() ? nullptr : view.metadata(item);
  return std::all_of(q.metadata.begin(), q.metadata.end(), [&](const auto& kv) {
    auto found = have->find(kv.first);
    return found != have->end() && found->second == kv.second;
  });
}

// Each item's texts to compare by are made once, and the items moved once.
template <class T>
void in_order(const ListQuery& q, std::vector<T>& items, const ListView<T>& view) {
  struct Place {
    std::vector<std::string> keys;
    size_t item = 0;
  };
  std::vector<Place> places(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    places[i].item = i;
    for (const auto& [key, descending] : q.order)
      places[i].keys.push_back(view.sort(items[i], key));
  }
  std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    for (size_t k = 0; k < q.order.size(); ++k) {
      int c = a.keys[k].compare(b.keys[k]);
      if (c != 0) return q.order[k].second ? c > 0 : c < 0;
    }
    return false;
  });
  std::vector<T> sorted;
  sorted.reserve(items.size());
  for (const Place& p : places) sorted.push_back(std::move(items[p.item]));
  items = std::move(sorted);
}

// Error: not_found where the marker is not among `visible`.
template <class T>
Result<Page<T>> select(const ListQuery& q, const ListRules& rules, std::vector<T> visible,
                       const ListView<T>& view) {
  std::erase_if(visible, [&](const T& t) {
    return (q.marker.empty() || view.id(t) != q.marker) && !meets(t, q, view);
  });
  in_order(q, visible, view);
  Page<T> page;
  auto from = visible.begin();
  page.count = static_cast<int64_t>(visible.size());
  if (!q.marker.empty()) {
    from = std::find_if(visible.begin(), visible.end(),
                        [&](const T& t) { return view.id(t) == q.marker; });
    if (from == visible.end())
      return not_found(rules.what + " " + q.marker.substr(0, 64) + " could not be found.");
    if (!meets(*from, q, view)) --page.count;
    ++from;
  }
  from += std::min<int64_t>(q.offset, visible.end() - from);
  auto to = from + std::min<int64_t>(q.limit, visible.end() - from);
  // A full page has a next one, as Cinder says it, though that may turn out empty.
  page.more = q.limit > 0 && to - from == q.limit;
  page.items.assign(std::make_move_iterator(from), std::make_move_iterator(to));
  return page;
}

}  // namespace nuri::storage
