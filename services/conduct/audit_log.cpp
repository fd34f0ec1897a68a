#include "services/base/log.h"
#include "services/conduct/audit.h"

namespace nuri::conduct {

namespace {

constexpr size_t kMaxQueue = 20'000;
constexpr auto kGather = std::chrono::milliseconds(50);
constexpr int64_t kRefusalsASecond = 100;  // more of them are counted, not written one by one
constexpr int64_t kPage = 1'000;

// What the chain is made of.
std::string text_of(const Event& e) {
  return Json::array({e.number, e.at_us, e.request_id, e.user_id, e.user_name, e.project_id,
                      e.domain_id, e.service, e.address, e.method, e.path, e.action,
                      e.resource_type, e.resource_id, e.status, e.error})
      .dump();
}

Event from_note(const Json& j) {
  Event e;
  e.at_us = j.at(1).as_int();
  std::string* texts[] = {&e.request_id, &e.user_id, &e.user_name,     &e.project_id,
                          &e.domain_id,  &e.service, &e.address,       &e.method,
                          &e.path,       &e.action,  &e.resource_type, &e.resource_id};
  for (size_t i = 0; i < std::size(texts); ++i) *texts[i] = j.at(i + 2).as_string();
  e.error = "the service ended before it answered";
  return e;
}

}  // namespace

const std::string& event_columns() {
  static const std::string kColumns =
      "number, at_us, request_id, user_id, user_name, project_id, domain_id, service, address, "
      "method, path, action,"
      " resource_type, resource_id, status, error";
  return kColumns;
}

Event event_from(const db::Row& r) {
  return {r.i64(0),   r.i64(1),   r.text(2), r.text(3), r.text(4),  r.text(5),
          r.text(6),  r.text(7),  r.text(8), r.text(9), r.text(10), r.text(11),
          r.text(12), r.text(13), r.i64(14), r.text(15)};
}

AuditLog::AuditLog(db::Database& database, const Clock& clock, Random& random, Sealer sealer)
    : db_(database), clock_(clock), random_(random), sealer_(std::move(sealer)) {}

AuditLog::~AuditLog() { stop(); }

void AuditLog::append(db::Session& s, Event e) const {
  std::string before;
  s.each("SELECT number, mac FROM audit_events ORDER BY number DESC LIMIT 1", {},
         [&](const db::Row& r) {
           e.number = r.i64(0);
           before = r.text(1);
         });
  ++e.number;
  s.exec("INSERT INTO audit_events (" + event_columns() +
             ", mac)"
             " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
         {e.number, e.at_us, e.request_id, e.user_id, e.user_name, e.project_id, e.domain_id,
          e.service, e.address, e.method, e.path, e.action, e.resource_type, e.resource_id,
          e.status, e.error, sealer_.mac(before + text_of(e))});
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
  log::error("audit events could not be written",
             {{"events", batch.size()}, {"why", written.error().detail}});
  std::lock_guard lock(mutex_);
  queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin()),
                std::make_move_iterator(batch.end()));
}

void AuditLog::start() {
  Status adopted = db_.write([&](db::Session& s) {
    auto left =
        s.all("SELECT event FROM audit_begun", {}, [](const db::Row& r) { return r.json(0); });
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
      s.each("SELECT " + event_columns() +
                 ", mac FROM audit_events WHERE number>?1 ORDER BY number LIMIT ?2",
             {out.events, kPage}, [&](const db::Row& r) {
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

}  // namespace nuri::conduct
