#pragma once

#include "network/api/types.h"
#include "network/store/table.h"

// The rows of network.db. Loading fills what lies in other tables: a network's subnets, a port's
// addresses, a router's gateway addresses, a group's rules.
namespace nuri::network {

extern const std::vector<db::Migration> kMigrations;  // component "network"

const Table<Network>& networks();
const Table<Subnet>& subnets();
const Table<Port>& ports();
const Table<VirtualRouter>& routers();
const Table<FloatingIp>& floating_ips();
const Table<SecurityGroup>& groups();
const Table<Rule>& rules();
const Table<SubnetPool>& subnet_pools();
const Table<AddressGroup>& address_groups();
const Table<RbacPolicy>& rbac_policies();

// What hangs on the rows, for all of them in one query.
void fill(db::Session& s, std::vector<Network>& rows);
void fill(db::Session& s, std::vector<Port>& rows);
void fill(db::Session& s, std::vector<VirtualRouter>& rows);
void fill(db::Session& s, std::vector<SecurityGroup>& rows);
template <class T>
void fill(db::Session&, std::vector<T>&) {}

template <class T>
std::vector<T> load(db::Session& s, const Table<T>& table, const std::string& clause = "1 = 1",
                    const db::Args& a = {}, bool reverse = false, const std::string& tail = {}) {
  std::vector<T> rows = table.where(s, clause, a, reverse, tail);
  fill(s, rows);
  return rows;
}
template <class T>
std::optional<T> load_one(db::Session& s, const Table<T>& table, std::string_view id) {
  std::vector<T> rows = load(s, table, "id = ?1", {id});
  return rows.empty() ? std::nullopt : std::optional<T>(std::move(rows.front()));
}

// Writes the port's addresses in place of those it has. A unique key refuses one that is taken.
void store_addresses(db::Session& s, const Port& port);

}  // namespace nuri::network
