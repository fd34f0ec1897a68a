#pragma once

#include <map>
#include <string>
#include <string_view>

#include "compute/domain/server.h"
#include "services/ledger/check.h"

// What projects may have and have (servers, cores, memory, groups), and what of each host is
// promised: two books of the service's ledger, changed with the rows that account for them.
namespace nuri::compute {

// Holder: a project. Owner: a server, or a server group.
const ledger::Ledger& quota();
// Holder: a host. Owner: a server. Limits are the planner's business.
const ledger::Ledger& host_book();

struct Used {
  int64_t instances = 0, vcpus = 0, ram_mib = 0, disk_gib = 0;
};

// A server's share of its project's quota, by its row. Error: over_quota in Nova's words.
Status claim_quota(db::Session& s, const Server& server);
// Its place on a host and on no other, by its row.
void allocate_host(db::Session& s, std::string_view server_id, std::string_view host);
// Everything a server has, of project and host.
void release(db::Session& s, std::string_view server_id);
Used used_on_host(db::Session& s, std::string_view host);
// Of all hosts at once, without the number of servers.
std::map<std::string, Used> used_on_hosts(db::Session& s);

// What claims must be, from the rows; for the check route and for databases older than the ledger.
std::vector<ledger::Audited> audited();
void adopt_ledgers(db::Session& s);

}  // namespace nuri::compute
