#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compute/domain/server.h"
#include "compute/scheduler/plan.h"
#include "services/db/database.h"

// What bears on where a server goes: groups, hints, aggregates; and the planner's input from them.
namespace nuri::compute {

struct ServerGroup {
  std::string id, project_id, user_id, name;
  std::string policy;        // as GroupRule
  int64_t max_per_host = 1;  // of anti-affinity
  TimeUs created_us = 0;
};
void insert_server_group(db::Session& s, const ServerGroup& group);
void erase_server_group(db::Session& s, std::string_view id);
std::optional<ServerGroup> find_server_group(db::Session& s, std::string_view id);
// Oldest first; "" lists all projects'.
std::vector<ServerGroup> list_server_groups(db::Session& s, std::string_view project_id,
                                            int64_t offset, int64_t limit);
// Servers of it that are not gone, oldest first.
std::vector<std::string> group_members(db::Session& s, std::string_view group_id);
int64_t count_group_members(db::Session& s, std::string_view group_id, std::string_view user_id);
// The group of a server; "" where it has none.
std::string group_of(db::Session& s, std::string_view server_id);

// os:scheduler_hints as far as this cloud knows them; kept with the server.
struct Hints {
  std::string group_id;
  std::vector<std::string> same_host, different_host;  // server ids
  bool empty() const { return group_id.empty() && same_host.empty() && different_host.empty(); }
};
void insert_hints(db::Session& s, std::string_view server_id, const Hints& hints);

struct Aggregate {
  int64_t id = 0;
  std::string uuid, name;
  std::string metadata = "{}";  // JSON; availability_zone is the zone of its hosts
  TimeUs created_us = 0, updated_us = 0;
  std::vector<std::string> hosts;  // read only here
};
int64_t insert_aggregate(db::Session& s, const Aggregate& a);  // numbers it
bool save_aggregate(db::Session& s, const Aggregate& a);
bool erase_aggregate(db::Session& s, int64_t id);
std::optional<Aggregate> find_aggregate(db::Session& s, int64_t id);
std::vector<Aggregate> list_aggregates(db::Session& s);
void add_aggregate_host(db::Session& s, int64_t id, std::string_view host);
bool drop_aggregate_host(db::Session& s, int64_t id, std::string_view host);
// host -> zone, of hosts that an aggregate puts into one.
std::map<std::string, std::string> zones_by_aggregate(db::Session& s);

std::vector<HostCapacity> capacities(db::Session& s, TimeUs now_us);
// What the planner is to be asked for a server (with its hints and its group as they are now).
PlaceRequest placement_request(db::Session& s, const Server& server);
PlaceRequest placement_request(db::Session& s, const Server& server, const Hints& hints);

}  // namespace nuri::compute
