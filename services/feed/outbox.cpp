#include "services/feed/outbox.h"

#include <charconv>

#include "services/base/schema_like.h"

namespace nuri::feed {

namespace {
constexpr int64_t kMaxPage = 5'000;

int64_t query_number(const Request& request, std::string_view key, int64_t fallback) {
  std::string text = request.query.get(key);
  int64_t value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value < 0 ? fallback : value;
}
}  // namespace

// Numbers are given inside the one write transaction at a time, so they appear in order and a reader
// never sees a later one before an earlier.
const std::vector<db::Migration> kOutboxMigrations = {
    {1, R"sql(
CREATE TABLE outbox (
  number BIGINT PRIMARY KEY,
  at_us BIGINT NOT NULL,
  type TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX outbox_resource ON outbox (resource_id);
)sql"},
};

void emit(db::Session& s, const Event& e) {
  s.exec("INSERT INTO outbox (number, at_us, type, project_id, user_id, resource_type, resource_id, data)"
         " SELECT coalesce(max(number), 0) + 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM outbox",
         {e.at_us, e.type, e.project_id, e.user_id, e.resource_type, e.resource_id, e.data});
}

void add_outbox_routes(Router& router, db::Database& database) {
  router.add("GET", "/internal/v1/events", Access::service, [&database](const Request& request, Context&) -> Result<Response> {
    int64_t after = query_number(request, "after", 0);
    int64_t limit = std::min(kMaxPage, query_number(request, "limit", 1'000));
    Json events = Json::array();
    int64_t last = after;
    TRYV(database.read([&](db::Session& s) {
      s.each("SELECT number, at_us, type, project_id, user_id, resource_type, resource_id, data FROM outbox"
             " WHERE number>?1 ORDER BY number LIMIT ?2",
             {after, limit}, [&](const db::Row& r) {
               last = r.i64(0);
               events.push_back(Json::object({{"number", last}, {"at_us", r.i64(1)}, {"type", r.text(2)},
                                              {"project_id", r.text(3)}, {"user_id", r.text(4)},
                                              {"resource_type", r.text(5)}, {"resource_id", r.text(6)},
                                              {"data", r.json(7)}}));
             });
    }));
    return Response::json(200, Json::object({{"events", std::move(events)}, {"last", last}}));
  }).says("Usage events, in order")
      .query("after", "integer", "Events after this number")
      .query("limit", "integer", "At most so many; 1000 if not given")
      .answers(schema_like(R"({"last": 1, "events": [{"number": 1, "at_us": 1, "type": "", "project_id": "", "user_id": "",
                               "resource_type": "", "resource_id": "", "data": {}}]})"));
}

}  // namespace nuri::feed
