#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "services/base/clock.h"
#include "services/base/fields.h"
#include "services/base/router.h"
#include "services/conduct/sealer.h"
#include "services/db/database.h"

// The audit log of a service, in its own database: each change and each refused attempt at one, by
// whom, from where, on what, with what result. Rows are chained by a MAC under the cloud's key: one
// that was altered, removed or put in between is found by check().
//
// No committed change is without its event. Where a handler's write returns its Response, the event
// is in the same transaction. Else a note of the request is (audit_begun), and the event follows in
// a batch; notes that a killed process left become events of the next start.
namespace nuri::conduct {

struct Event {
  int64_t number = 0;
  TimeUs at_us = 0;
  std::string request_id;
  std::string user_id, user_name, project_id, domain_id;
  std::string service;  // where a service of this cloud asked
  std::string address;  // of the client
  std::string method, path;
  std::string action, resource_type, resource_id;
  int64_t status = 0;  // 0: the service ended before it answered
  std::string error;   // never what the caller sent
};

extern const Fields<Event> kEvent;

// The request's part of an event, and what the route tells of the resource.
Event event_of(const Request& request, const Context& context, TimeUs now_us);
// Its outcome's part; finds the id of what a POST has made in its answer.
void complete(Event& event, const Context& context, const Error* error, const Response& response);

class AuditLog {
 public:
  AuditLog(db::Database& database, const Clock& clock, Random& random, Sealer sealer);
  ~AuditLog();

  void start();  // the notes of a killed process, then the thread that writes batches
  void stop();
  // In the caller's transaction.
  void append(db::Session& s, Event event) const;
  std::string note(db::Session& s, const Event& event);  // returns the note's id
  // Soon, in a batch; `note`: to be removed with it. From any thread.
  void record(Event event, std::string note = {});
  void flush();

  struct Verdict {
    int64_t events = 0;
    int64_t broken_at = 0;  // number of the first that does not fit its chain; 0: none
  };
  Result<Verdict> check() const;

 private:
  struct Queued {
    Event event;
    std::string note;
  };
  void loop();
  bool refusal_fits(TimeUs now_us);
  db::Database& db_;
  const Clock& clock_;
  Random& random_;
  Sealer sealer_;
  std::mutex mutex_, flush_mutex_;
  std::condition_variable wake_;
  std::vector<Queued> queue_;
  TimeUs refusals_since_us_ = 0;
  int64_t refusals_ = 0, dropped_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

// The columns of a row of audit_events, in the order that event_from reads them.
const std::string& event_columns();
Event event_from(const db::Row& row);

// GET /audit/v1/events: newest first; tenants see their own project's, admins all.
// GET /audit/v1/check: the chain, for admins.
void add_audit_routes(Router& router, db::Database& database, AuditLog& log);

}  // namespace nuri::conduct
