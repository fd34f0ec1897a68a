#pragma once

#include "metering/domain/prices.h"
#include "services/base/clock.h"
#include "services/base/router.h"
#include "services/db/database.h"

namespace nuri::metering {

// Costs so far, prices and the ledger.
class Api {
 public:
  Api(db::Database& database, Clock& clock) : db_(database), clock_(clock) {}
  void add_routes(Router& router);

 private:
  Result<Response> resource_cost(const Request&, Context&, const std::string& type);
  Result<Response> project_cost(const Request&, Context&);
  Result<Response> prices(const Request&, Context&);
  Result<Response> ledger(const Request&, Context&);
  Result<Response> ledger_check(const Request&, Context&);

  db::Database& db_;
  Clock& clock_;
};

}  // namespace nuri::metering
