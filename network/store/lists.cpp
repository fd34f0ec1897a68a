#include "network/store/work.h"

// What a caller sees of each resource, narrowed by what it asks for before rows are read.
namespace nuri::network {

namespace {

struct Where {
  std::string clause, tail;
  db::Args args;
};

// `seen` says which rows are the caller's to see, with its project as ?1; administrators see all.
Where where_of(Work& w, const std::string& table, const std::string& seen, const Narrow& n) {
  Where out;
  db::Args& args = out.args;
  args = {w.caller.project_id};
  args.insert(args.end(), n.args.begin(), n.args.end());
  auto mark = [&](db::Arg value) {
    args.push_back(std::move(value));
    return "?" + std::to_string(args.size());
  };
  // The first parameter must be there, also where all is seen.
  out.clause = (w.caller.admin ? "?1 = ?1" : "(" + seen + ")") + n.also;
  if (!n.marker.empty()) {
    out.clause += std::string(" AND (created_us, id) ") + (n.reverse ? "<" : ">") +
                  " (SELECT m.created_us, m.id FROM " + table +
                  " m WHERE m.id = " + mark(n.marker) + ")";
  }
  if (n.limit > 0) out.tail = " LIMIT " + mark(n.limit);
  return out;
}

template <class T>
std::vector<T> rows(Work& w, const Table<T>& table, const std::string& seen, const Narrow& n) {
  Where where = where_of(w, table.name(), seen, n);
  return load(w.s, table, where.clause, where.args, n.reverse, where.tail);
}

constexpr const char* kOwn = "project_id = ?1";
constexpr const char* kPorts =
    "project_id = ?1 OR network_id IN (SELECT id FROM networks WHERE project_id = ?1)";

template <class T>
std::vector<T> sharable(Work& w, const Table<T>& table, const std::string& kind,
                        const Narrow& narrow) {
  std::string seen =
      "project_id = ?1 OR id IN (SELECT object_id FROM rbac_policies WHERE object_type = '" + kind +
      "' AND target IN (?1, '*')" + (kind == "network" ? "" : " AND action = 'access_as_shared'") +
      ")";
  std::vector<T> out = rows(w, table, seen, narrow);
  std::set<std::string> shared = shared_with(w, kind);
  for (T& row : out) row.shared_with_caller = shared.contains(row.id);
  return out;
}

}  // namespace

std::vector<Network> visible_networks(Work& w, const Narrow& n) {
  return sharable(w, networks(), "network", n);
}
std::vector<Subnet> visible_subnets(Work& w, const Narrow& n) {
  return rows(
      w, subnets(),
      "project_id = ?1 OR network_id IN (SELECT id FROM networks WHERE project_id = ?1) OR "
      "network_id IN (SELECT object_id FROM rbac_policies WHERE object_type = 'network' AND "
      "action = 'access_as_shared' AND target IN (?1, '*'))",
      n);
}
std::vector<Port> visible_ports(Work& w, const Narrow& n) {
  return rows(w, ports(), kPorts, n);
}
std::vector<PortMark> visible_port_marks(Work& w, const Narrow& n) {
  Where where = where_of(w, "ports", kPorts, n);
  const char* order = n.reverse ? " ORDER BY created_us DESC, id DESC" : " ORDER BY created_us, id";
  return w.s.all(
      "SELECT id, status, revision, created_us, updated_us, (SELECT COUNT(*) FROM allocations a "
      "WHERE a.port_id = ports.id) FROM ports WHERE " +
          where.clause + order + where.tail,
      where.args, [](const db::Row& r) {
        return PortMark{r.text(0), r.text(1), r.i64(2), r.i64(3), r.i64(4), r.i64(5)};
      });
}
std::vector<VirtualRouter> visible_routers(Work& w, const Narrow& n) {
  return rows(w, routers(), kOwn, n);
}
std::vector<FloatingIp> visible_floating_ips(Work& w, const Narrow& n) {
  return rows(w, floating_ips(), kOwn, n);
}
std::vector<SecurityGroup> visible_groups(Work& w, const Narrow& n) {
  return sharable(w, groups(), "security_group", n);
}
std::vector<Rule> visible_rules(Work& w, const Narrow& n) { return rows(w, rules(), kOwn, n); }
std::vector<SubnetPool> visible_subnet_pools(Work& w, const Narrow& n) {
  return sharable(w, subnet_pools(), "subnetpool", n);
}
std::vector<AddressGroup> visible_address_groups(Work& w, const Narrow& n) {
  return sharable(w, address_groups(), "address_group", n);
}
std::vector<RbacPolicy> visible_rbac_policies(Work& w, const Narrow& n) {
  return rows(w, rbac_policies(), kOwn, n);
}

}  // namespace nuri::network
