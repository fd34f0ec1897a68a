#include "network/driver/ovn/diff.h"

#include <algorithm>
#include <set>

namespace nuri::network::ovn {

namespace {

// Sets of references whose members are rows of ours; the child's table beside it.
const std::map<std::pair<std::string, std::string>, std::string> kReferences = {
    {{"Logical_Switch", "ports"}, "Logical_Switch_Port"},
    {{"Logical_Router", "ports"}, "Logical_Router_Port"},
    {{"Logical_Router", "static_routes"}, "Logical_Router_Static_Route"},
    {{"Logical_Router", "nat"}, "NAT"},
    {{"Logical_Router_Port", "gateway_chassis"}, "Gateway_Chassis"},
    {{"Port_Group", "ports"}, "Logical_Switch_Port"},
    {{"Port_Group", "acls"}, "ACL"}};

// Rows that live by themselves. The others go when nothing refers to them any more.
const std::set<std::string> kRoots = {"Logical_Switch", "Logical_Router", "Port_Group",
                                      "Address_Set", "DHCP_Options"};

std::string mark_of(const Row& row, const std::string& owner) {
  auto ids = row.find("external_ids");
  if (ids == row.end() || ids->second.get("nuri:owner") != owner) return {};
  std::string kind = ids->second.get("nuri:kind");
  return kind.empty() ? std::string() : kind + ":" + ids->second.get("nuri:id");
}

class Differ {
 public:
  Differ(const std::vector<Want>& wanted, const Replica& replica, const std::string& owner)
      : wanted_(wanted), replica_(replica), owner_(owner) {
    for (const auto& [table, columns] : northbound_columns()) index(table);
    name_inserts();
  }

  Changes run() {
    for (const Want& w : wanted_) {
      std::string key = w.key();
      if (blocked_.contains(key)) continue;
      auto there = existing_.find(key);
      if (there == existing_.end())
        insert(w, key);
      else
        update(w, there->second);
    }
    remove();
    return std::move(out_);
  }

 private:
  void index(const std::string& table) {
    for (const auto& [uuid, row] : replica_.table(table)) {
      std::string mark = mark_of(row, owner_);
      if (mark.empty()) {
        auto name = row.find("name");
        if (name != row.end()) foreign_names_.insert(table + "/" + name->second.scalar());
        continue;
      }
      ours_.insert(uuid);
      // Of two with one mark (two writers raced) the first stays.
      if (!existing_.emplace(table + "/" + mark, uuid).second) extra_.emplace_back(table, uuid);
    }
  }

  void name_inserts() {
    for (const Want& w : wanted_) {
      std::string key = w.key(), name = w.name();
      if (existing_.contains(key)) continue;
      if (!name.empty() && foreign_names_.contains(w.table + "/" + name)) {
        blocked_.insert(key);
        out_.conflicts.push_back(w.table + " " + name);
        continue;
      }
      inserts_[key] = "row" + std::to_string(inserts_.size() + 1);
    }
  }

  // The atom with a UUID, or the name it has inside this transaction; nullopt for a blocked row.
  std::optional<Atom> resolve(const Atom& a) const {
    if (a.type != Atom::Type::ref) return a;
    if (auto it = existing_.find(a.text); it != existing_.end())
      return Atom{Atom::Type::uuid, it->second};
    if (auto it = inserts_.find(a.text); it != inserts_.end())
      return Atom{Atom::Type::ref, it->second};
    return std::nullopt;
  }

  Datum resolve(const Datum& d) const {
    bool any = std::any_of(d.items().begin(), d.items().end(),
                           [](const auto& i) { return i.first.type == Atom::Type::ref; });
    if (!any) return d;
    std::vector<Atom> atoms;
    for (const auto& [atom, none] : d.items()) {
      if (auto a = resolve(atom)) atoms.push_back(*a);
    }
    return Datum::of(std::move(atoms));
  }

  void insert(const Want& w, const std::string& key) {
    Json row = Json::object();
    for (const auto& [column, value] : w.columns) row.set(column, resolve(value).to_json());
    out_.operations.push_back(Json::object(
        {{"op", "insert"}, {"table", w.table}, {"uuid-name", inserts_.at(key)}, {"row", row}}));
  }

  static Json where(const std::string& uuid) {
    return Json::array({Json::array({"_uuid", "==", Json::array({"uuid", uuid})})});
  }

  void update(const Want& w, const std::string& uuid) {
    const Row& row = replica_.table(w.table).at(uuid);
    Json changed = Json::object(), mutations = Json::array();
    for (const auto& [column, value] : w.columns) {
      auto have = row.find(column);
      const Datum now = have == row.end() ? Datum() : have->second;
      Datum want = resolve(value);
      if (kReferences.contains({w.table, column}))
        mutate(mutations, column, now, want);
      else if (now != want && !(now.items().empty() && want.items().empty()))
        changed.set(column, want.to_json());
    }
    if (changed.size() > 0) {
      out_.operations.push_back(Json::object(
          {{"op", "update"}, {"table", w.table}, {"where", where(uuid)}, {"row", changed}}));
    }
    if (mutations.size() > 0) {
      out_.operations.push_back(Json::object({{"op", "mutate"},
                                              {"table", w.table},
                                              {"where", where(uuid)},
                                              {"mutations", mutations}}));
    }
  }

  void mutate(Json& mutations, const std::string& column, const Datum& now,
              const Datum& want) const {
    Json add = Json::array(), drop = Json::array();
    for (const auto& [atom, none] : want.items()) {
      if (!now.contains(atom)) add.push_back(atom_json(atom));
    }
    for (const auto& [atom, none] : now.items()) {
      if (!want.contains(atom) && ours_.contains(atom.text)) drop.push_back(atom_json(atom));
    }
    if (add.size() > 0)
      mutations.push_back(Json::array({column, "insert", Json::array({"set", add})}));
    if (drop.size() > 0)
      mutations.push_back(Json::array({column, "delete", Json::array({"set", drop})}));
  }

  void remove() {
    std::set<std::string> kept;
    for (const Want& w : wanted_) kept.insert(w.key());
    auto drop = [&](const std::string& table, const std::string& uuid) {
      if (kRoots.contains(table)) {
        out_.operations.push_back(
            Json::object({{"op", "delete"}, {"table", table}, {"where", where(uuid)}}));
      }
    };
    for (const auto& [key, uuid] : existing_) {
      if (!kept.contains(key)) drop(key.substr(0, key.find('/')), uuid);
    }
    for (const auto& [table, uuid] : extra_) drop(table, uuid);
  }

  const std::vector<Want>& wanted_;
  const Replica& replica_;
  const std::string& owner_;
  std::map<std::string, std::string> existing_;  // key -> UUID
  std::map<std::string, std::string> inserts_;   // key -> name in the transaction
  std::set<std::string> ours_, foreign_names_, blocked_;
  std::vector<std::pair<std::string, std::string>> extra_;
  Changes out_;
};

}  // namespace

Changes diff(const std::vector<Want>& wanted, const Replica& replica, const std::string& owner) {
  return Differ(wanted, replica, owner).run();
}

const std::vector<std::pair<std::string, std::vector<std::string>>>& northbound_columns() {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> kColumns = {
      {"Logical_Switch", {"name", "ports", "external_ids"}},
      {"Logical_Switch_Port",
       {"name", "type", "options", "addresses", "port_security", "enabled", "up", "tag",
        "tag_request", "dhcpv4_options", "dhcpv6_options", "external_ids"}},
      {"DHCP_Options", {"cidr", "options", "external_ids"}},
      {"Logical_Router",
       {"name", "enabled", "options", "ports", "static_routes", "nat", "external_ids"}},
      {"Logical_Router_Port",
       {"name", "mac", "networks", "gateway_chassis", "ipv6_ra_configs", "external_ids"}},
      {"Logical_Router_Static_Route", {"ip_prefix", "nexthop", "output_port", "external_ids"}},
      {"NAT", {"type", "external_ip", "logical_ip", "external_ids"}},
      {"Gateway_Chassis", {"name", "chassis_name", "priority", "external_ids"}},
      {"Port_Group", {"name", "ports", "acls", "external_ids"}},
      {"Address_Set", {"name", "addresses", "external_ids"}},
      {"ACL", {"direction", "priority", "match", "action", "external_ids"}}};
  return kColumns;
}

}  // namespace nuri::network::ovn
