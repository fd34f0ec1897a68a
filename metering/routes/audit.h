#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/base/router.h"

// GET /v1/audit/events: the audit logs of all services in one list, newest first. Each is asked
// with the caller's own token, so that it shows what the caller may see there.
namespace nuri::metering {

struct AuditSource {
  std::string service;
  // GET of a target with the caller's token.
  std::function<Result<Json>(const std::string& target, const std::string& token)> get;
};

void add_audit_routes(Router& router, std::vector<AuditSource> sources);

}  // namespace nuri::metering
