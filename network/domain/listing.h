#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/base/request.h"
#include "services/base/result.h"

// What Neutron's list parameters do with a list of views: filters on any attribute, tags, fields,
// sort_key/sort_dir, limit/marker/page_reverse. Pure.
namespace nuri::network {

struct Page {
  std::vector<Json> items;
  bool more = false;     // a further page exists
  bool earlier = false;  // something lies before the first item
};

// A row as an answer holds it: its JSON's text, shared with what keeps it.
struct ShownRow {
  std::string id;
  std::shared_ptr<const std::string> text;
};
struct ShownPage {
  std::vector<ShownRow> rows;
  bool more = false, earlier = false;
};

// Filters, sorts and pages. `known` are the attributes that may be asked for.
// Errors: bad_request naming the parameter.
Result<Page> list_page(std::vector<Json> items, const Query& query,
                       const std::set<std::string>& known);
bool word_true(const std::string& text);  // "true" in any case, or "1"
// Keeps the fields that the query names; all of them where it names none.
Json with_fields(Json item, const Query& query);
// [{"rel": "next", "href": ...}, ...] of a page that was limited; an empty list otherwise.
Json page_links(const ShownPage& page, const Query& query, const std::string& url);

}  // namespace nuri::network
