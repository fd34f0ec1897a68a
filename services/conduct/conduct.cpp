#include "services/conduct/conduct.h"

#include "services/base/log.h"
#include "services/conduct/openapi.h"

namespace nuri::conduct {

namespace {

constexpr auto kTrimEvery = std::chrono::hours(1);

// Agents' reports are no changes that somebody asked for, and come every few seconds.
bool audited(const Context& c) { return !c.route || c.route->access != Access::agent; }

}  // namespace

// One request under way: what its writes take along, and what of it is in the log already.
struct Conduct::Exchange final : db::WriteHook {
  Exchange(AuditLog& log, const Context& c) : audit(log), context(c) {}

  Status before_commit(db::Session& s, const Response* answer) override {
    if (run) TRYV(run->before_commit(s, answer));
    if (recorded != 0 || (!answer && !note.empty())) return {};
    if (answer) {
      Event whole = event;
      complete(whole, context, nullptr, *answer);
      audit.append(s, std::move(whole));
      if (!note.empty()) s.exec("DELETE FROM audit_begun WHERE id=?1", {note});
      s.after_commit([this, status = answer->status] {
        recorded = status;
        note.clear();
      });
    } else {
      s.after_commit([this, id = audit.note(s, event)] { note = id; });
    }
    return {};
  }

  AuditLog& audit;
  const Context& context;
  std::unique_ptr<Idempotency::Run> run;
  Event event;
  std::string note;  // of the committed change that has no event yet
  int recorded = 0;  // the status that the log has
  bool replayed = false;
};

Conduct::Conduct(db::Database& database, const Clock& clock, Random& random,
                 const std::string& service_key)
    : db_(database),
      clock_(clock),
      idempotency_(database, clock, Sealer(service_key, "kept answers", random)),
      audit_(database, clock, random, Sealer(service_key, "audit log", random)) {}

Conduct::~Conduct() { stop(); }

void Conduct::attach(Router& router, const std::string& service, Documents documents) {
  add_audit_routes(router, db_, audit_);
  add_openapi_route(router, service, std::move(documents));
  router.intercept(*this);
}

void Conduct::start() {
  audit_.start();
  trimmer_ = std::thread([this] { trim_loop(); });
}

void Conduct::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (trimmer_.joinable()) trimmer_.join();
  audit_.stop();
}

void Conduct::trim_loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Status trimmed = idempotency_.trim();
    if (!trimmed)
      log::warning("kept answers could not be trimmed", {{"why", trimmed.error().detail}});
    lock.lock();
    wake_.wait_for(lock, kTrimEvery, [&] { return stopping_; });
  }
}

Result<Response> Conduct::around(const Request& request, Context& context, const Next& next) {
  if (!audited(context)) return next();
  auto exchange = std::make_shared<Exchange>(audit_, context);
  exchange->event = event_of(request, context, clock_.now_us());
  context.exchange = exchange;
  exchange->run = TRY(Idempotency::Run::begin(idempotency_, request, context));
  if (exchange->run && exchange->run->kept()) {
    exchange->replayed = true;
    return *exchange->run->kept();
  }
  Result<Response> outcome = internal("no answer");
  {
    db::Hooked hooked(db_, *exchange);
    outcome = next();
  }
  if (exchange->run) exchange->run->finish(outcome);
  exchange->run.reset();
  return outcome;
}

void Conduct::answered(const Request& request, const Context& context, const Error* error,
                       const Response& response) {
  auto exchange = std::static_pointer_cast<Exchange>(context.exchange);
  if (!audited(context) || response.status == 401 || (exchange && exchange->replayed)) return;
  if (exchange && exchange->recorded == response.status) return;
  bool known = !context.claims.user_id.empty() || !context.claims.service.empty();
  if (!exchange && !known) return;  // anybody on the net
  Event event = exchange ? std::move(exchange->event) : event_of(request, context, clock_.now_us());
  complete(event, context, error, response);
  audit_.record(std::move(event), exchange ? std::move(exchange->note) : std::string());
}

}  // namespace nuri::conduct
