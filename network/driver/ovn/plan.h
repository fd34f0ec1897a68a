#pragma once

#include <map>
#include <string>
#include <vector>

#include "network/driver/ovn/datum.h"
#include "network/store/snapshot.h"

// What the northbound database should hold for a snapshot of ours. Pure.
namespace nuri::network::ovn {

// A row we want. Rows find each other by key; Atom::Type::ref names "TABLE/KEY".
struct Want {
  std::string table;
  std::string kind,
      id;  // external_ids nuri:kind and nuri:id (beside nuri:owner); unique in the table
  std::map<std::string, Datum> columns;
  std::string key() const { return table + "/" + kind + ":" + id; }
  // Unique in its table by the schema; "" where the table has no such index.
  std::string name() const;
};

// A host that runs ovn-controller, from the southbound database.
struct Chassis {
  std::string name, hostname;
  std::vector<std::string> physical_networks;
  TimeUs heard_us = 0;  // when it last followed the northbound's number; 0: never
};

struct PlanInput {
  const Snapshot& snapshot;
  const std::vector<Chassis>& chassis;
  const std::vector<std::string>& dns;  // of subnets that name none
  std::string owner = "nuri";  // whose rows: two clouds may share one OVN. Letters, digits, _
};

std::vector<Want> plan(const PlanInput& input);

// The parts; each appends its rows.
class Planner;
void plan_switches(Planner& p);
void plan_routers(Planner& p);
void plan_groups(Planner& p);

// The snapshot with the look-ups that the parts share.
class Planner {
 public:
  explicit Planner(const PlanInput& in);
  // Adds a row and returns its key.
  std::string add(std::string table, std::string kind, std::string id,
                  std::map<std::string, Datum> columns);

  const PlanInput& in;
  std::map<std::string, const Network*> networks;
  std::map<std::string, const Subnet*> subnets;
  std::map<std::string, const Port*> ports;
  std::map<std::string, std::vector<const Port*>> ports_of_network, ports_of_device;
  std::map<std::string, std::vector<const Subnet*>> subnets_of_network;
  std::vector<Want> out;
};

std::string port_group_name(const std::string& group_id);  // pg_<uuid with _>
std::string address_set_name(const std::string& group_id, int version);  // ag_<uuid with _>_ip4
std::string metadata_port_name(const std::string& network_id);
std::string router_port_name(const std::string& port_id);
std::string drop_group_name(const std::string& owner);  // OWNER_pg_drop
// The port is a guest's and its traffic is filtered.
bool filtered(const Port& p);
// A rule's ACL match; "" where OVN cannot express it (nothing is then allowed).
std::string rule_match(const Rule& rule);

}  // namespace nuri::network::ovn
