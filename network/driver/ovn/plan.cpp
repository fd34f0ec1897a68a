#include "network/driver/ovn/plan.h"

#include <algorithm>

namespace nuri::network::ovn {

std::string Want::name() const {
  static const std::map<std::string, int> kNamed = {{"Logical_Switch_Port", 1},
                                                    {"Logical_Router_Port", 1},
                                                    {"Port_Group", 1},
                                                    {"Address_Set", 1},
                                                    {"Gateway_Chassis", 1}};
  if (!kNamed.contains(table)) return {};
  auto it = columns.find("name");
  return it == columns.end() ? std::string() : it->second.scalar();
}

Planner::Planner(const PlanInput& input) : in(input) {
  for (const Network& n : in.snapshot.networks) networks[n.id] = &n;
  for (const Subnet& s : in.snapshot.subnets) {
    subnets[s.id] = &s;
    subnets_of_network[s.network_id].push_back(&s);
  }
  for (const Port& p : in.snapshot.ports) {
    ports[p.id] = &p;
    ports_of_network[p.network_id].push_back(&p);
    if (!p.device_id.empty()) ports_of_device[p.device_id].push_back(&p);
  }
}

std::string Planner::add(std::string table, std::string kind, std::string id,
                         std::map<std::string, Datum> columns) {
  std::map<std::string, std::string> mark = {
      {"nuri:owner", in.owner}, {"nuri:kind", kind}, {"nuri:id", id}};
  columns["external_ids"] = Datum::map(mark);
  out.push_back(Want{std::move(table), std::move(kind), std::move(id), std::move(columns)});
  return out.back().key();
}

std::vector<Want> plan(const PlanInput& input) {
  Planner p(input);
  plan_switches(p);
  plan_routers(p);
  plan_groups(p);
  return std::move(p.out);
}

std::string port_group_name(const std::string& group_id) {
  std::string out = "pg_" + group_id;
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::string address_set_name(const std::string& group_id, int version) {
  std::string out = "ag_" + group_id + "_ip" + std::to_string(version);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::string drop_group_name(const std::string& owner) { return owner + "_pg_drop"; }
std::string metadata_port_name(const std::string& network_id) { return "md-" + network_id; }
std::string router_port_name(const std::string& port_id) { return "lrp-" + port_id; }
bool filtered(const Port& p) { return p.port_security && !p.of_network(); }

}  // namespace nuri::network::ovn
