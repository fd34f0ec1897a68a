#include "services/base/log.h"
#include "services/conduct/audit.h"

namespace nuri::conduct {

namespace {

constexpr size_t kMaxQueue = 20'000;
constexpr auto kGather = std::chrono::milliseconds(50);
constexpr int64_t kRefusalsASecond = 100;  // more of them are counted, not written one by one
constexpr int64_t kPage = 1'000;

const std::string kColumns =
    "number, at_us, request_id, user_id, user_name, project_id, domain_id, service, address, method, path, action,"
    " resource_type, resource_id, status, error";

Event event_from(const db::Row& r) {
  return {r.i64(0),  r.i64(1),  r.text(2),  r.text(3),  r.text(4),  r.text(5),  r.text(6), r.text(7),
          r.text(8), r.text(9), r.text(10), r.text(11), r.text(12), r.text(13), r.i64(14), r.text(15)};
}

// What the chain is made of.
std::string text_of(const Event& e) {
  return Json::array({e.number, e.at_us, e.request_id, e.user_id, e.user_name, e.project_id, e.domain_id, e.service,
                      e.address, e.method, e.path, e.action, e.resource_type, e.resource_id, e.status, e.error})
      .dump();
}

Event from_note(const Json& j) {
  Event e;
  e.at_us = j.at(1).as_int();
  std::string* texts[] = {&e.request_id, &e.user_id, &e.user_name, &e.project_id, &e.domain_id, &e.service, &e.address,
                          &e.method, &e.path, &e.action, &e.resource_type, &e.resource_id};
  for (size_t i = 0; i < std::size(texts); ++i) *texts[i] = j.at(i + 2).as_string();
  e.error = "the service ended before it answered";
  return e;
}

}  // namespace

AuditLog::AuditLog(db::Database& database, const Clock& clock, Random& random, Sealer sealer)
    : db_(database), clock_(clock), random_(random), sealer_(std::move(sealer)) {}

AuditLog::~AuditLog() { stop(); }

void AuditLog::append(db::Session& s, Event e) const {
  std::string before;
  s.each("SELECT number, mac FROM audit_events ORDER BY number DESC LIMIT 1", {}, [&](const db::Row& r) {
    e.number = r.i64(0);
    before = r.text(1);
  });
  ++e.number;
  s.exec("INSERT INTO audit_events (" + kColumns + ", mac)"
         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
         {e.number, e.at_us, e.request_id, e.user_id, e.user_name, e.project_id, e.domain_id, e.service, e.address,
          e.method, e.path, e.action, e.resource_type, e.resource_id, e.status, e.error,
          sealer_.mac(before + text_of(e))});
}

std::string AuditLog::note(db::Session& s, const Event& e) {
  std::string id = random_.uuid();
  s.exec("INSERT INTO audit_begun (id, event) VALUES (?1, ?2)", {id, text_of(e)});
  return id;
}

// Somebody without rights must not fill the disk by asking.
bool AuditLog::refusal_fits(TimeUs now_us) {
  if (now_us - refusals_since_us_ >= kSecondUs) {
    refusals_since_us_ = now_us;
    refusals_ = 0;
  }
  return ++refusals_ <= kRefusalsASecond;
}

void AuditLog::record(Event event, std::string note) {
  {
    std::lock_guard lock(mutex_);
    bool refused = note.empty() && event.status >= 400;
    if ((refused && !refusal_fits(event.at_us)) || queue_.size() >= kMaxQueue) {
      ++dropped_;
      return;
    }
    queue_.push_back({std::move(event), std::move(note)});
  }
  wake_.notify_one();
}

void AuditLog::flush() {
  std::lock_guard one_at_a_time(flush_mutex_);
  std::vector<Queued> batch;
  int64_t dropped = 0;
  {
    std::lock_guard lock(mutex_);
    batch.swap(queue_);
    dropped = std::exchange(dropped_, 0);
  }
  if (dropped > 0) {
    Event e;
    e.at_us = clock_.now_us();
    e.action = "not recorded";
    e.status = 429;
    e.error = std::to_string(dropped) + " refused attempts";
    batch.push_back({std::move(e), ""});
  }
  if (batch.empty()) return;
  Status written = db_.write([&](db::Session& s) {
    for (const Queued& q : batch) {
      append(s, q.event);
      if (!q.note.empty()) s.exec("DELETE FROM audit_begun WHERE id=?1", {q.note});
    }
  });
  if (written) return;
  log::error("audit events could not be written", {{"events", batch.size()}, {"why", written.error().detail}});
  std::lock_guard lock(mutex_);
  queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
}

void AuditLog::start() {
  Status adopted = db_.write([&](db::Session& s) {
    auto left = s.all("SELECT event FROM audit_begun", {}, [](const db::Row& r) { return r.json(0); });
    for (const Json& j : left) append(s, from_note(j));
    s.exec("DELETE FROM audit_begun");
  });
  if (!adopted) log::error("audit notes could not be read", {{"why", adopted.error().detail}});
  thread_ = std::thread([this] { loop(); });
}

void AuditLog::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  flush();
}

void AuditLog::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty() || dropped_ > 0; });
    wake_.wait_for(lock, kGather, [&] { return stopping_; });
    lock.unlock();
    flush();
    lock.lock();
  }
}

Result<AuditLog::Verdict> AuditLog::check() const {
  Verdict out;
  std::string before;
  for (bool more = true; more && out.broken_at == 0;) {
    more = false;
    TRYV(db_.read([&](db::Session& s) {
      s.each("SELECT " + kColumns + ", mac FROM audit_events WHERE number>?1 ORDER BY number LIMIT ?2", {out.events, kPage},
             [&](const db::Row& r) {
               if (out.broken_at != 0) return;
               Event e = event_from(r);
               if (e.number != out.events + 1 || r.text(16) != sealer_.mac(before + text_of(e))) {
                 out.broken_at = out.events + 1;
                 return;
               }
               before = r.text(16);
               out.events = e.number;
               more = true;
             });
    }));
  }
  return out;
}

namespace {

struct Filter {
  std::string where = " WHERE number<?1";
  db::Args args;
  void equal(const std::string& column, const std::string& value) {
    args.push_back(value);
    where += " AND " + column + "=?" + std::to_string(args.size());
  }
  void time(const char* sign, TimeUs value) {
    args.push_back(value);
    where += std::string(" AND at_us") + sign + "?" + std::to_string(args.size());
  }
};

Result<int64_t> number_of(const Request& request, const char* name, int64_t fallback, int64_t low, int64_t high) {
  const std::string* text = request.query.find(name);
  if (!text) return fallback;
  bool digits = !text->empty() && text->size() <= 18 && text->find_first_not_of("0123456789") == std::string::npos;
  int64_t n = digits ? std::stoll(*text) : -1;
  if (n < low || n > high)
    return bad_request(std::string(name) + " must be a number from " + std::to_string(low) + " to " + std::to_string(high) + ".", name);
  return n;
}

Result<Filter> filter_of(const Request& request, const Context& c) {
  Filter f;
  f.args.push_back(TRY(number_of(request, "marker", INT64_MAX, 1, INT64_MAX)));
  for (const auto& [key, value] : request.query.items()) {
    if (key == "marker" || key == "limit") continue;
    bool column = key == "project_id" || key == "user_id" || key == "resource_type" || key == "resource_id" ||
                  key == "action" || key == "request_id" || key == "method";
    if (column) {
      f.equal(key, value);
    } else if (key == "outcome") {
      if (value != "success" && value != "failure") return bad_request("outcome must be success or failure.", key);
      f.where += value == "success" ? " AND status BETWEEN 1 AND 399" : " AND status>=400";
    } else if (key == "status") {
      f.where += " AND status=" + std::to_string(TRY(number_of(request, "status", 0, 0, 599)));
    } else if (key == "since" || key == "until") {
      auto at = parse_iso(value);
      if (!at) return bad_request(key + " must be an ISO 8601 time.", key);
      f.time(key == "since" ? ">=" : "<", *at);
    } else {
      return bad_request("'" + key.substr(0, 64) + "' is not a filter. Allowed: project_id, user_id, resource_type, "
                         "resource_id, action, method, request_id, outcome, status, since, until, marker, limit.", key.substr(0, 64));
    }
  }
  if (c.claims.is_admin() || c.claims.is_service()) return f;
  if (c.claims.project_id.empty()) return forbidden("The audit log is shown to a project's users and to administrators.");
  f.equal("project_id", c.claims.project_id);
  return f;
}

Result<Response> list_events(db::Database& database, AuditLog& log, const Request& request, const Context& c) {
  Filter f = TRY(filter_of(request, c));
  int64_t limit = TRY(number_of(request, "limit", 100, 1, kPage));
  f.args.push_back(limit + 1);
  log.flush();  // what was answered before is shown
  auto found = TRY(database.read([&](db::Session& s) {
    return s.all("SELECT " + kColumns + " FROM audit_events" + f.where + " ORDER BY number DESC LIMIT ?" +
                     std::to_string(f.args.size()), f.args, event_from);
  }));
  Json events = Json::array(), links = Json::array();
  bool more = static_cast<int64_t>(found.size()) > limit;
  if (more) found.pop_back();
  for (const Event& e : found) events.push_back(kEvent.write(e));
  if (more) {
    Query next = request.query;
    next.set("marker", std::to_string(found.back().number));
    links.push_back(Json::object({{"rel", "next"}, {"href", c.base_url + "/audit/v1/events?" + next.encode()}}));
  }
  return Response::json(200, Json::object({{"events", std::move(events)}, {"links", std::move(links)}}));
}

}  // namespace

void add_audit_routes(Router& router, db::Database& database, AuditLog& log) {
  Route& list = router.add("GET", "/audit/v1/events", Access::reader, [&](const Request& q, Context& c) {
    return list_events(database, log, q, c);
  });
  list.says("Lists what was changed and what was refused, newest first").lists("events", kEvent);
  for (const char* name : {"project_id", "user_id", "resource_type", "resource_id", "action", "method", "request_id"})
    list.query(name, "string", "Only events with this value");
  list.query("outcome", "string", "success or failure").query("status", "integer", "The answer's HTTP status");
  list.query("since", "string", "ISO 8601, inclusive").query("until", "string", "ISO 8601, exclusive");
  list.query("marker", "integer", "Events older than this number").query("limit", "integer", "1 to 1000, 100 if not given");
  router
      .add("GET", "/audit/v1/check", Access::admin,
           [&log](const Request&, Context&) -> Result<Response> {
             log.flush();
             auto v = TRY(log.check());
             return Response::json(200, Json::object({{"events", v.events}, {"sound", v.broken_at == 0},
                                                      {"broken_at", v.broken_at ? Json(v.broken_at) : Json()}}));
           })
      .says("Checks that no event was altered or removed");
}

}  // namespace nuri::conduct
