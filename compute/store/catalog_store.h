#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compute/domain/flavor.h"
#include "compute/scheduler/plan.h"
#include "services/db/database.h"

// Flavors, keypairs, hosts, and the one ledger of capacity and quota.
namespace nuri::compute {

void insert_flavor(db::Session& s, const Flavor& f);
bool save_flavor(db::Session& s, const Flavor& f);
bool erase_flavor(db::Session& s, std::string_view id);
std::optional<Flavor> find_flavor(db::Session& s, std::string_view id);
// Those a project sees: public ones and those it was given access to; "" sees all.
std::vector<Flavor> flavors_for(db::Session& s, std::string_view project_id);
bool flavor_visible(db::Session& s, const Flavor& f, std::string_view project_id);
std::vector<std::string> flavor_projects(db::Session& s, std::string_view flavor_id);

void insert_keypair(db::Session& s, Keypair k);  // numbers it
std::optional<Keypair> find_keypair(db::Session& s, std::string_view user_id,
                                    std::string_view name);
std::vector<Keypair> keypairs_of(db::Session& s, std::string_view user_id);
bool erase_keypair(db::Session& s, std::string_view user_id, std::string_view name);

// What an agent said of its host; makes the row at the first word.
void observe_host(db::Session& s, const std::string& name, const Json& state, TimeUs now_us,
                  const std::string& new_id);
std::vector<Host> list_hosts(db::Session& s);
std::optional<Host> find_host(db::Session& s, std::string_view name);
bool save_host(db::Session& s, const Host& h);

// The ledger: one row for each server that is not gone. Its sums are what is used.
struct Used {
  int64_t instances = 0, vcpus = 0, ram_mib = 0, disk_gib = 0;
};
void allocate(db::Session& s, std::string_view server_id, std::string_view project_id,
              const Used& what);
void allocate_host(db::Session& s, std::string_view server_id, std::string_view host);
void release(db::Session& s, std::string_view server_id);
Used used_by_project(db::Session& s, std::string_view project_id);
Used used_on_host(db::Session& s, std::string_view host);
std::vector<HostCapacity> capacities(db::Session& s, TimeUs now_us);

Quota quota_of(db::Session& s, std::string_view project_id);
void set_quota(db::Session& s, std::string_view project_id, const Quota& q);
void drop_quota(db::Session& s, std::string_view project_id);
// Error: over_quota in Nova's words.
Status check_quota(db::Session& s, std::string_view project_id, const Used& more);

}  // namespace nuri::compute
