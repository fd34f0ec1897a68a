#pragma once

#include <memory>
#include <string>

#include "services/base/documents.h"
#include "services/conduct/audit.h"
#include "services/conduct/idempotency.h"

// What each service does the same way around its handlers: idempotency keys, the audit log, the
// OpenAPI document. One line a service:
//   conduct::Conduct conduct(*database, clock, random, service_key);  conduct.attach(router,
//   "storage");
namespace nuri::conduct {

extern const std::vector<db::Migration> kMigrations;  // component "conduct"

class Conduct final : public Interceptor {
 public:
  Conduct(db::Database& database, const Clock& clock, Random& random,
          const std::string& service_key);
  ~Conduct() override;
  // Stands around the router's handlers and adds the routes; after all others were added.
  void attach(Router& router, const std::string& service, Documents documents = {});
  // The audit log's thread, which also trims what is kept too long.
  void start();
  void stop();

  Result<Response> around(const Request& request, Context& context, const Next& next) override;
  void answered(const Request& request, const Context& context, const Error* error,
                const Response& response) override;

  AuditLog& audit() { return audit_; }
  Idempotency& idempotency() { return idempotency_; }

 private:
  struct Exchange;
  void trim_loop();
  db::Database& db_;
  const Clock& clock_;
  Idempotency idempotency_;
  AuditLog audit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread trimmer_;
};

}  // namespace nuri::conduct
