#include <random>

#include "network/driver/ovn/diff.h"
#include "network/driver/ovn/driver.h"
#include "network/driver/ovn/json_stream.h"
#include "tests/unit/network/cloud.h"

namespace nuri::network::ovn {

namespace {

using test::Cloud;

// A northbound database that does to its rows what a transaction says, as RFC 7047 has it, and
// drops rows that nothing refers to. Written for the operations the differ uses.
class FakeDatabase {
 public:
  void transact(const std::vector<Json>& operations) {
    std::map<std::string, std::string> names;
    for (const Json& op : operations) {
      if (op["op"].as_string() == "insert")
        names[op["uuid-name"].as_string()] = "uuid-" + std::to_string(++next_);
    }
    for (const Json& op : operations) {
      Rows& rows = tables[op["table"].as_string()];
      if (op["op"].as_string() == "insert") {
        Row& row = rows[names.at(op["uuid-name"].as_string())];
        for (const auto& [column, value] : op["row"].as_object())
          row[column] = Datum::from_json(named(value, names));
        continue;
      }
      auto it = rows.find(op["where"].at(0).at(2).at(1).as_string());
      ASSERT_NE(it, rows.end());
      if (op["op"].as_string() == "delete") rows.erase(it);
      for (const auto& [column, value] : op["row"].as_object())
        it->second[column] = Datum::from_json(named(value, names));
      for (const Json& m : op["mutations"].as_array())
        mutate(it->second[m.at(0).as_string()], m.at(1).as_string(),
               Datum::from_json(named(m.at(2), names)));
    }
    collect();
  }

  Replica replica() const {
    Json updates = Json::object();
    for (const auto& [table, rows] : tables) {
      Json out = Json::object();
      for (const auto& [uuid, row] : rows) {
        Json columns = Json::object();
        for (const auto& [column, value] : row) columns.set(column, value.to_json());
        out.set(uuid, Json::object({{"new", columns}}));
      }
      updates.set(table, out);
    }
    Replica r;
    r.apply(updates);
    return r;
  }

  std::map<std::string, Rows> tables;

 private:
  static Json named(const Json& j, const std::map<std::string, std::string>& names) {
    if (!j.is_array()) return j;
    if (j.at(0).as_string() == "named-uuid")
      return Json::array({"uuid", names.at(j.at(1).as_string())});
    Json out = Json::array();
    for (const Json& item : j.as_array()) out.push_back(named(item, names));
    return out;
  }
  static void mutate(Datum& d, const std::string& how, const Datum& change) {
    std::vector<Atom> atoms;
    for (const auto& [a, none] : d.items()) {
      if (how != "delete" || !change.contains(a)) atoms.push_back(a);
    }
    if (how == "insert") {
      for (const auto& [a, none] : change.items()) atoms.push_back(a);
    }
    d = Datum::of(std::move(atoms));
  }
  // Rows of tables that are no roots live while a row refers to them; weak references fall away.
  void collect() {
    for (int pass = 0; pass < 3; ++pass) {
      std::set<std::string> referred;
      for (const auto& [table, rows] : tables) {
        for (const auto& [uuid, row] : rows) {
          for (const auto& [column, value] : row) {
            if (table == "Port_Group" && column == "ports") continue;
            for (const auto& [a, b] : value.items()) {
              if (a.type == Atom::Type::uuid) referred.insert(a.text);
            }
          }
        }
      }
      for (const char* table : {"Logical_Switch_Port", "Logical_Router_Port",
                                "Logical_Router_Static_Route", "NAT", "Gateway_Chassis", "ACL"}) {
        std::erase_if(tables[table],
                      [&](const auto& row) { return !referred.contains(row.first); });
      }
    }
    for (auto& [uuid, row] : tables["Port_Group"]) {
      std::vector<Atom> left;
      for (const auto& [a, b] : row["ports"].items()) {
        if (tables["Logical_Switch_Port"].contains(a.text)) left.push_back(a);
      }
      row["ports"] = Datum::of(std::move(left));
    }
  }
  int next_ = 0;
};

struct World {
  World() {
    external = cloud.external();
    net = cloud.network();
    sub = cloud.subnet(net, "10.0.0.0/24");
    router = cloud.router_id(
        "member p1",
        Json::object({{"external_gateway_info", Json::object({{"network_id", external}})}}));
    cloud.ask(200, "PUT", "/v2.0/routers/" + router + "/add_router_interface", "member p1",
              Json::object({{"subnet_id", sub}}));
    port = cloud.port(net)["id"].as_string();
    cloud.ask(201, "POST", "/v2.0/floatingips", "member p1",
              Json::object({{"floatingip", Json::object({{"floating_network_id", external},
                                                         {"port_id", port}})}}));
  }
  std::vector<Want> wanted() {
    snapshot = *take_snapshot(*cloud.database);
    return plan({snapshot, chassis, dns});
  }
  // One look of the driver; returns how many operations it sent.
  size_t look() {
    auto w = wanted();
    Changes c = diff(w, db.replica());
    db.transact(c.operations);
    return c.operations.size();
  }
  const Row* row(const std::string& table, const std::string& column, const std::string& value) {
    for (const auto& [uuid, r] : db.tables[table]) {
      auto it = r.find(column);
      if (it != r.end() && it->second.scalar() == value) return &r;
    }
    return nullptr;
  }
  Cloud cloud;
  Snapshot snapshot;
  std::vector<Chassis> chassis = {
      {"c1", "host1", {"physnet1"}}, {"c2", "host2", {"physnet1"}}, {"c3", "host3", {}}};
  std::vector<std::string> dns = {"9.9.9.9"};
  FakeDatabase db;
  std::string external, net, sub, router, port;
};

}  // namespace

TEST(OvnPlan, RowsOfANetworkWithRouterAndFloatingIp) {
  World w;
  EXPECT_GT(w.look(), 0u);
  EXPECT_EQ(w.look(), 0u) << "what is as wanted is left alone";
  const Row* lsp = w.row("Logical_Switch_Port", "name", w.port);
  ASSERT_TRUE(lsp);
  EXPECT_EQ(lsp->at("port_security").scalar(), lsp->at("addresses").scalar());
  EXPECT_TRUE(lsp->at("addresses").scalar().ends_with(" 10.0.0.3"));
  EXPECT_EQ(lsp->at("dhcpv4_options").items().size(), 1u);
  EXPECT_TRUE(w.row("Logical_Switch_Port", "name", "md-" + w.net));
  EXPECT_TRUE(w.row("Logical_Switch_Port", "name", "provnet-" + w.external));
  const Row* dhcp = w.row("DHCP_Options", "cidr", "10.0.0.0/24");
  ASSERT_TRUE(dhcp);
  EXPECT_EQ(dhcp->at("options").get("classless_static_route"),
            "{169.254.169.254/32,10.0.0.2, 0.0.0.0/0,10.0.0.1}");
  EXPECT_EQ(dhcp->at("options").get("dns_server"), "{9.9.9.9}");
  EXPECT_TRUE(w.row("NAT", "type", "snat"));
  EXPECT_EQ(w.row("NAT", "type", "dnat_and_snat")->at("logical_ip").scalar(), "10.0.0.3");
  EXPECT_EQ(w.row("Logical_Router_Static_Route", "ip_prefix", "0.0.0.0/0")->at("nexthop").scalar(),
            "172.24.4.1");
  EXPECT_EQ(w.db.tables["Gateway_Chassis"].size(), 2u)
      << "only hosts that reach the physical network";
  const Row* drop = w.row("Port_Group", "name", drop_group_name("nuri"));
  ASSERT_TRUE(drop);
  EXPECT_EQ(drop->at("ports").items().size(), 1u);
}

TEST(OvnPlan, RulesBecomeMatches) {
  Rule r;
  r.group_id = "aa-bb";
  r.direction = "ingress";
  r.protocol = "tcp";
  r.port_min = 80;
  r.port_max = 90;
  r.remote_ip_prefix = "10.0.0.0/8";
  EXPECT_EQ(rule_match(r),
            "outport == @pg_aa_bb && ip4 && ip4.src == 10.0.0.0/8 && tcp && tcp.dst >= 80 && "
            "tcp.dst <= 90");
  r = Rule{};
  r.group_id = "aa";
  r.direction = "egress";
  r.ethertype = "IPv6";
  r.protocol = "icmp";
  r.port_min = 128;
  r.remote_group_id = "b-c";
  EXPECT_EQ(rule_match(r),
            "inport == @pg_aa && ip6 && ip6.dst == $pg_b_c_ip6 && icmp6 && icmp6.type == 128");
  r.protocol = "112";
  r.port_min.reset();
  r.remote_group_id.reset();
  EXPECT_EQ(rule_match(r), "inport == @pg_aa && ip6 && ip.proto == 112");
}

TEST(OvnPlan, Ipv6IsAdvertisedAndServedByItsModes) {
  World w;
  auto subnet = [&](const char* cidr, const char* mode) {
    Json modes = Json::object({{"ipv6_ra_mode", mode},
                               {"ipv6_address_mode", mode},
                               {"dns_nameservers", Json::array({"2001:db8::53"})}});
    std::string net = w.cloud.network();
    std::string id = w.cloud.subnet(net, cidr, "member p1", modes);
    w.cloud.ask(200, "PUT", "/v2.0/routers/" + w.router + "/add_router_interface", "member p1",
                Json::object({{"subnet_id", id}}));
    return w.cloud.port(net)["id"].as_string();
  };
  std::string slaac = subnet("2001:db8:1::/64", "slaac"),
              stateful = subnet("2001:db8:2::/64", "dhcpv6-stateful"),
              stateless = subnet("2001:db8:3::/64", "dhcpv6-stateless");
  w.look();
  std::map<std::string, const Row*> by_mode;
  for (const auto& [uuid, row] : w.db.tables["Logical_Router_Port"]) {
    const Datum& ra = row.at("ipv6_ra_configs");
    if (ra.items().empty()) continue;
    by_mode[ra.get("address_mode")] = &row;
    EXPECT_EQ(ra.get("send_periodic"), "true");
    EXPECT_EQ(ra.get("rdnss"), "2001:db8::53");
    EXPECT_EQ(ra.get("mtu"), "1442");
  }
  EXPECT_EQ(by_mode.size(), 3u) << "and none on the gateway or for IPv4";
  EXPECT_TRUE(by_mode.contains("slaac") && by_mode.contains("dhcpv6_stateful") &&
              by_mode.contains("dhcpv6_stateless"));
  auto options = [&](const char* cidr) { return w.row("DHCP_Options", "cidr", cidr); };
  EXPECT_FALSE(options("2001:db8:1::/64")) << "SLAAC asks no server";
  ASSERT_TRUE(options("2001:db8:2::/64") && options("2001:db8:3::/64"));
  EXPECT_EQ(options("2001:db8:2::/64")->at("options").get("dhcpv6_stateless"), "");
  EXPECT_EQ(options("2001:db8:3::/64")->at("options").get("dhcpv6_stateless"), "true");
  EXPECT_EQ(options("2001:db8:3::/64")->at("options").get("dns_server"), "{2001:db8::53}");
  auto served = [&](const std::string& port) {
    return w.row("Logical_Switch_Port", "name", port)->at("dhcpv6_options").items().size();
  };
  EXPECT_EQ(served(slaac), 0u);
  EXPECT_EQ(served(stateful), 1u);
  EXPECT_EQ(served(stateless), 1u);
  EXPECT_EQ(w.look(), 0u);
}

// northd writes options into the text of flows: what could end one is not passed on.
TEST(OvnPlan, ExtraOptionsCannotSpeakOvnsLanguage) {
  World w;
  Json extra = *parse_json(R"({"extra_dhcp_opts": [
      {"opt_name": "mtu", "opt_value": "1400"},
      {"opt_name": "lease-time", "opt_value": "1); drop; next("},
      {"opt_name": "router", "opt_value": "10.0.0.1, output = x"},
      {"opt_name": "tftp-server", "opt_value": "tftp.example"},
      {"opt_name": "bootfile-name", "opt_value": "a\"; drop; \""},
      {"opt_name": "path-prefix", "opt_value": "a\nb"},
      {"opt_name": "unheard-of", "opt_value": "x"},
      {"opt_name": "dns-server", "opt_value": "2001:db8::53", "ip_version": 6}]})");
  std::string port = w.cloud.port(w.net, "member p1", extra)["id"].as_string();
  w.look();
  const Datum* options = nullptr;
  for (const auto& [uuid, row] : w.db.tables["DHCP_Options"]) {
    if (row.at("external_ids").get("nuri:id").ends_with(port)) options = &row.at("options");
  }
  ASSERT_TRUE(options);
  EXPECT_EQ(options->get("mtu"), "1400");
  EXPECT_EQ(options->get("tftp_server"), "\"tftp.example\"");
  EXPECT_EQ(options->get("lease_time"), "43200");
  EXPECT_EQ(options->get("router"), "10.0.0.1");
  EXPECT_EQ(options->get("bootfile_name"), "");
  EXPECT_EQ(options->get("path_prefix"), "");
}

TEST(OvnPlan, AnAddressGroupIsASetForEachVersion) {
  World w;
  std::string id = w.cloud
                       .ask(201, "POST", "/v2.0/address-groups", "member p1",
                            *parse_json(R"({"address_group": {"name": "a",
                                "addresses": ["10.0.0.0/8", "2001:db8::/32"]}})"))["address_group"]
                                                                                  ["id"]
                       .as_string();
  Json groups = w.cloud.ask(200, "GET", "/v2.0/security-groups", "member p1")["security_groups"];
  w.cloud.ask(
      201, "POST", "/v2.0/security-group-rules", "member p1",
      Json::object({{"security_group_rule", Json::object({{"security_group_id", groups.at(0)["id"]},
                                                          {"direction", "ingress"},
                                                          {"ethertype", "IPv6"},
                                                          {"remote_address_group_id", id}})}}));
  w.look();
  const Row* six = w.row("Address_Set", "name", address_set_name(id, 6));
  const Row* four = w.row("Address_Set", "name", address_set_name(id, 4));
  ASSERT_TRUE(four && six);
  EXPECT_EQ(six->at("addresses").scalar(), "2001:db8::/32");
  EXPECT_EQ(four->at("addresses").scalar(), "10.0.0.0/8");
  bool used = false;
  for (const auto& [uuid, row] : w.db.tables["ACL"])
    used = used || row.at("match").scalar().find("ip6.src == $" + address_set_name(id, 6)) !=
                       std::string::npos;
  EXPECT_TRUE(used);
  EXPECT_EQ(w.look(), 0u);
}

// The process dies between its commit and the engine's: the next look makes it good. Drift on the
// engine's side too; rows of others stay.
TEST(OvnPlan, ConvergesFromAnyState) {
  World w;
  std::mt19937 random(11);
  w.db.tables["Logical_Switch"]["theirs"]["name"] = Datum::text("somebody-else");
  w.db.tables["Port_Group"]["theirs"]["name"] = Datum::text("pg_drop");
  w.look();
  for (int round = 0; round < 60; ++round) {
    switch (random() % 4) {
      case 0:
        w.cloud.port(w.net);
        break;
      case 1: {
        Json list = w.cloud.ask(200, "GET", "/v2.0/ports?device_owner=", "member p1")["ports"];
        if (list.size() > 2)
          w.cloud.ask(204, "DELETE",
                      "/v2.0/ports/" + list.at(random() % list.size())["id"].as_string(),
                      "member p1");
        break;
      }
      default: {  // somebody spoils a row of ours
        static const char* kTables[] = {"Logical_Switch_Port", "ACL",        "NAT",
                                        "Logical_Router_Port", "Port_Group", "DHCP_Options",
                                        "Logical_Switch"};
        Rows& rows = w.db.tables[kTables[random() % 7]];
        auto it = std::next(rows.begin(), static_cast<long>(random() % rows.size()));
        if (it->first == "theirs") break;
        if (random() % 2)
          rows.erase(it);
        else
          for (auto& [column, value] : it->second)
            if (column != "external_ids" && column != "name" && column != "ports" && random() % 2)
              value = Datum::empty();
      }
    }
    if (random() % 3 == 0) continue;  // killed before it could act
    w.look();
    ASSERT_EQ(w.look(), 0u) << "round " << round;
  }
  w.look();
  EXPECT_EQ(w.look(), 0u);
  EXPECT_EQ(w.db.tables["Logical_Switch"].count("theirs"), 1u);
  EXPECT_EQ(w.db.tables["Port_Group"].count("theirs"), 1u);
  size_t guests = w.cloud.ask(200, "GET", "/v2.0/ports?device_owner=", "member p1")["ports"].size();
  EXPECT_EQ(w.row("Port_Group", "name", drop_group_name("nuri"))->at("ports").items().size(),
            guests);
}

TEST(OvnPlan, ARowOfAnotherWithOurNameBlocksOnlyItself) {
  World w;
  w.db.tables["Port_Group"]["theirs"]["name"] = Datum::text(drop_group_name("nuri"));
  auto wanted = w.wanted();
  Changes c = diff(wanted, w.db.replica());
  EXPECT_EQ(c.conflicts.size(), 1u);
  w.db.transact(c.operations);
  EXPECT_TRUE(w.row("Logical_Switch_Port", "name", w.port));
}

TEST(OvnPlan, DeletingAllLeavesNothing) {
  World w;
  w.look();
  std::vector<Want> nothing;
  Changes c = diff(nothing, w.db.replica());
  w.db.transact(c.operations);
  for (const auto& [table, rows] : w.db.tables) EXPECT_TRUE(rows.empty()) << table;
}

TEST(OvnAgents, AliveIsWhatTheSouthboundDatabaseSays) {
  TimeUs beat = 1'700'000'000 * kSecondUs;
  Replica southbound;
  southbound.apply(*parse_json(R"({
    "Chassis": {"u1": {"new": {"name": "c1", "hostname": "h1",
                               "other_config": ["map", [["ovn-bridge-mappings", "physnet1:br-ex"]]]}},
                "u2": {"new": {"name": "c2", "hostname": "h2", "other_config": ["map", []]}}},
    "Chassis_Private": {"u3": {"new": {"name": "c1", "nb_cfg_timestamp": 1700000000000}}}})"));
  std::vector<Chassis> hosts = chassis_of(southbound);
  ASSERT_EQ(hosts.size(), 2u);
  EXPECT_EQ(hosts[0].physical_networks, std::vector<std::string>{"physnet1"});
  Json fresh = agent_json(hosts[0], beat + 30 * kSecondUs);
  EXPECT_TRUE(fresh["alive"].as_bool());
  EXPECT_EQ(fresh["heartbeat_timestamp"].as_string(), iso_seconds(beat));
  Json stale = agent_json(hosts[0], beat + kAgentDownUs);
  EXPECT_FALSE(stale["alive"].as_bool());
  EXPECT_EQ(stale["heartbeat_timestamp"].as_string(), iso_seconds(beat));
  Json never = agent_json(hosts[1], beat);
  EXPECT_FALSE(never["alive"].as_bool());
  EXPECT_TRUE(never["heartbeat_timestamp"].is_null());
}

TEST(OvnStream, MessagesSplitAnywhere) {
  std::string text = R"({"a": "x{\"]y\\", "b": [1, {"c": "}"}]}[1,2]  {"id":3})";
  for (size_t step = 1; step <= text.size(); ++step) {
    JsonStream s;
    std::vector<Json> all;
    for (size_t at = 0; at < text.size(); at += step) {
      auto got = s.feed(std::string_view(text).substr(at, step));
      ASSERT_TRUE(got.ok());
      for (Json& j : *got) all.push_back(std::move(j));
    }
    ASSERT_EQ(all.size(), 3u) << step;
    EXPECT_EQ(all[0]["a"].as_string(), "x{\"]y\\");
    EXPECT_EQ(all[0]["b"].at(1)["c"].as_string(), "}");
    EXPECT_EQ(all[2]["id"].as_int(), 3);
  }
}

TEST(OvnStream, RubbishIsAnErrorAndNotACrash) {
  for (const char* bad : {"x", "]", "}{", "{\"a\": }", "{]"})
    EXPECT_FALSE(JsonStream().feed(bad).ok()) << bad;
  EXPECT_FALSE(JsonStream(10).feed("[1,2,3,4,5,6,7,8,9").ok());
  JsonStream open;
  EXPECT_TRUE(open.feed("{\"a\": \"unfinished").ok());
}

TEST(OvnDatum, SetsAndMapsCompareWhateverTheirOrder) {
  EXPECT_EQ(Datum::from_json(*parse_json(R"(["set", ["b", "a"]])")), Datum::texts({"a", "b"}));
  EXPECT_EQ(Datum::from_json(*parse_json(R"("a")")), Datum::texts({"a"}));
  EXPECT_EQ(Datum::from_json(*parse_json(R"(["map", [["k", "v"], ["a", "b"]]])")),
            Datum::map({{"a", "b"}, {"k", "v"}}));
  EXPECT_EQ(Datum::map({}).to_json().dump(), R"(["map",[]])");
  EXPECT_EQ(Datum::empty().to_json().dump(), R"(["set",[]])");
  EXPECT_EQ(Datum::from_json(*parse_json(R"(["uuid", "x"])")).to_json().dump(), R"(["uuid","x"])");
}

}  // namespace nuri::network::ovn
