#pragma once

#include <string>
#include <vector>

#include "services/base/request.h"
#include "services/image/api/image.h"

// What GET /v2/images asks for: filters, order and page. Pure: the store gives the images that the
// caller may see, this picks from them. Clouds have hundreds of images, not millions.
namespace nuri::image {

inline constexpr int64_t kDefaultPage = 25, kMaxPage = 1000;

struct ListQuery {
  struct Condition {
    std::string field, op;            // op: eq, neq, gt, gte, lt, lte, in
    std::vector<std::string> values;  // one, but for `in`
  };
  struct Order {
    std::string key;
    bool descending = true;
  };
  std::vector<Condition> conditions;
  std::vector<std::string> tags;  // all of them
  std::string visibility;         // "", "all" or one
  std::string member_status = "accepted";
  bool hidden = false;
  std::vector<Order> order;
  int64_t limit = kDefaultPage;
  std::string marker;
};

// Error: bad_request naming the parameter and what is allowed.
Result<ListQuery> read_list_query(const Query& query);

struct Page {
  std::vector<Image> images;
  bool more = false;
};
// Error: bad_request where the marker is not among `visible`.
Result<Page> select(const ListQuery& query, std::vector<Image> visible);

}  // namespace nuri::image
