#include <unistd.h>

#include <cstdio>
#include <thread>

#include "network/driver/ovn/driver.h"
#include "tests/unit/network/driver_contract.h"

// On a running OVN with one host: set NURI_OVN_NB, NURI_OVN_SB (unix:...) and NURI_OVS_VSCTL (the
// command), as root. Ports are network namespaces plugged into br-int.
namespace nuri::network::ovn {

namespace {

using test::Cloud;

std::string env(const char* name) {
  const char* v = std::getenv(name);
  return v ? v : "";
}

// A command of this file's own making (no outside input reaches it): its status and output.
std::pair<int, std::string> shell(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  size_t n;
  while ((n = fread(buffer, 1, sizeof buffer, pipe)) > 0) out.append(buffer, n);
  return {WEXITSTATUS(pclose(pipe)), out};
}

bool eventually(const std::function<bool()>& f, int tenths = 100) {
  for (int i = 0; i < tenths; ++i) {
    if (f()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

// A guest without a machine: a namespace whose eth0 is the port.
class Guest {
 public:
  Guest(int number, const Json& port)
      : name_("nuri-t" + std::to_string(getpid()) + "-" + std::to_string(number)) {
    tap_ = "nt" + std::to_string(getpid()) + std::to_string(number);
    id_ = port["id"].as_string();
    vsctl_ = env("NURI_OVS_VSCTL");
    std::string script =
        "ip netns add " + name_ + " && ip -n " + name_ + " link set lo up && ip link add " + tap_ +
        " type veth peer name eth0 netns " + name_ + " && ip link set " + tap_ + " up && ip -n " +
        name_ + " link set eth0 address " + port["mac_address"].as_string() + " && ip netns exec " +
        name_ + " ethtool -K eth0 tx off >/dev/null 2>&1; ip -n " + name_ +
        " link set eth0 up && " + vsctl_ + " add-port br-int " + tap_ + " -- set Interface " +
        tap_ + " external_ids:iface-id=" + id_;
    auto [status, out] = shell(script);
    EXPECT_EQ(status, 0) << out;
  }
  ~Guest() {
    shell(vsctl_ + " --if-exists del-port br-int " + tap_ + "; ip netns del " + name_ +
          "; ip link del " + tap_);
  }
  std::pair<int, std::string> run(const std::string& command) const {
    return shell("ip netns exec " + name_ + " " + command);
  }

  // udhcpc's environment after a lease, as text; the address is set.
  std::string lease() const {
    std::string script = "/tmp/" + name_ + ".sh";
    FILE* f = fopen(script.c_str(), "w");
    fputs(
        "#!/bin/sh\n[ \"$1\" = bound ] || exit 0\nip addr add $ip/$mask dev $interface\nip link "
        "set $interface mtu $mtu\n"
        "set -- $staticroutes\nwhile [ $# -gt 1 ]; do ip route replace $1 via $2; shift 2; done\n"
        "echo LEASE ip=$ip router=$router dns=$dns mtu=$mtu static=$staticroutes\n",
        f);
    fclose(f);
    shell("chmod +x " + script);
    auto [status, out] = run("timeout 20 busybox udhcpc -f -q -n -t 8 -T 1 -i eth0 -s " + script);
    unlink(script.c_str());
    return out;
  }

 private:
  std::string name_, tap_, id_, vsctl_;
};

}  // namespace

class OvnLive : public ::testing::Test {
 protected:
  void SetUp() override {
    if (env("NURI_OVN_NB").empty() || env("NURI_OVS_VSCTL").empty())
      GTEST_SKIP() << "NURI_OVN_NB is not set";
    OvnOptions options{.northbound = env("NURI_OVN_NB"),
                       .southbound = env("NURI_OVN_SB"),
                       .dns = {"9.9.9.9"},
                       .owner = "nuritest" + std::to_string(getpid()),
                       .period_us = kSecondUs};
    driver = std::make_unique<OvnDriver>(*cloud.database, options);
    cloud.service->changed = [this] { driver->wake(); };
    driver->start();
  }
  void TearDown() override {
    if (!driver) return;
    // Nothing wanted any more: the rows go.
    auto wiped = cloud.database->write([](db::Session& s) {
      for (const char* table :
           {"floating_ips", "allocations", "ports", "routers", "subnets", "networks", "rules",
            "default_groups", "security_groups", "address_groups", "rbac_policies", "ledger_claims",
            "ledger_counters"}) {
        s.exec(std::string("DELETE FROM ") + table);
      }
      return 0;
    });
    EXPECT_TRUE(wiped.ok());
    driver->stop();
    EXPECT_TRUE(driver->run_once().ok());
    auto again = driver->run_once();
    EXPECT_TRUE(again.ok() && *again <= 1);  // the drop group stays wanted
    shell("ovn-nbctl pg-del nuritest" + std::to_string(getpid()) + "_pg_drop");
  }
  bool active(const std::string& port) {
    return cloud.ask(200, "GET", "/v2.0/ports/" + port, "member p1")["port"]["status"]
               .as_string() == "ACTIVE";
  }
  void allow(const std::string& fields) {
    std::string group =
        cloud.ask(200, "GET", "/v2.0/security-groups?name=default", "member p1")["security_groups"]
            .at(0)["id"]
            .as_string();
    Json body = *parse_json("{\"security_group_rule\": {\"security_group_id\": \"" + group +
                            "\", \"direction\": \"ingress\", " + fields + "}}");
    cloud.ask(201, "POST", "/v2.0/security-group-rules", "member p1", body);
  }
  Cloud cloud;
  std::unique_ptr<OvnDriver> driver;
};

TEST_F(OvnLive, DhcpSecurityGroupsRouterAndFloatingIp) {
  std::string net = cloud.network(), sub = cloud.subnet(net, "10.77.0.0/24");
  Json one = cloud.port(net);
  Json other = cloud.port(net, "member p1", *parse_json(R"({"security_groups": []})"));
  ASSERT_TRUE(eventually([&] { return driver->realized(one["id"].as_string()); }));
  Guest a(1, one), b(2, other);
  ASSERT_TRUE(eventually([&] {
    return active(one["id"].as_string()) && active(other["id"].as_string());
  })) << "ports come up";
  std::string lease = a.lease();
  std::string ip = one["fixed_ips"].at(0)["ip_address"].as_string();
  EXPECT_NE(lease.find("LEASE ip=" + ip), std::string::npos) << lease;
  EXPECT_NE(lease.find("mtu=1442"), std::string::npos) << lease;
  EXPECT_NE(lease.find("dns=9.9.9.9"), std::string::npos) << lease;
  EXPECT_NE(lease.find("169.254.169.254/32 10.77.0.2"), std::string::npos) << lease;
  EXPECT_NE(b.lease().find("LEASE"), std::string::npos) << "no group at all still gets its address";

  // Default deny; then what a rule names, and replies.
  std::string ping = "ping -c1 -W1 " + ip;
  EXPECT_NE(b.run(ping).first, 0) << "b has no group, so may send nothing";
  cloud.ask(200, "PUT", "/v2.0/ports/" + other["id"].as_string(), "member p1",
            *parse_json(R"({"port": {"security_groups": []}})"));
  Json open = cloud.ask(201, "POST", "/v2.0/security-groups", "member p1",
                        *parse_json(R"({"security_group": {"name": "out"}})"))["security_group"];
  cloud.ask(
      200, "PUT", "/v2.0/ports/" + other["id"].as_string(), "member p1",
      Json::object({{"port", Json::object({{"security_groups", Json::array({open["id"]})}})}}));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_NE(b.run(ping).first, 0) << "a lets in only its own group";
  allow(R"("protocol": "icmp")");
  EXPECT_TRUE(eventually([&] { return b.run(ping).first == 0; }, 30)) << "icmp is allowed now";

  // A router, its SNAT, and a floating IP that the host reaches.
  cloud.external();
  std::string external =
      cloud.ask(200, "GET", "/v2.0/networks?router:external=true", "member p1")["networks"]
          .at(0)["id"]
          .as_string();
  Json fixed = *parse_json(R"([{"ip_address": "172.24.4.231"}])");
  std::string router =
      cloud
          .ask(
              201, "POST", "/v2.0/routers", "admin p1",
              Json::object({{"router", Json::object({{"external_gateway_info",
                                                      Json::object({{"network_id", external},
                                                                    {"external_fixed_ips",
                                                                     fixed}})}})}}))["router"]["id"]
          .as_string();
  cloud.ask(200, "PUT", "/v2.0/routers/" + router + "/add_router_interface", "member p1",
            Json::object({{"subnet_id", sub}}));
  cloud.ask(
      201, "POST", "/v2.0/floatingips", "admin p1",
      Json::object({{"floatingip", Json::object({{"floating_network_id", external},
                                                 {"port_id", one["id"]},
                                                 {"floating_ip_address", "172.24.4.232"}})}}));
  EXPECT_TRUE(eventually([&] { return a.run("ping -c1 -W1 172.24.4.1").first == 0; }))
      << "out through the router";
  EXPECT_TRUE(eventually([&] { return shell("ping -c1 -W1 172.24.4.232").first == 0; }, 50))
      << "in through the floating IP";
}

TEST_F(OvnLive, KeepsTheContract) { test::expect_driver_contract(cloud, *driver); }

// Drift either way: what somebody removed comes back, what is ours and nobody wants goes.
TEST_F(OvnLive, ForeignRowsOfOursGoAndLostOnesComeBack) {
  std::string net = cloud.network(), sub = cloud.subnet(net, "10.76.0.0/24");
  std::string port = cloud.port(net)["id"].as_string();
  ASSERT_TRUE(eventually([&] { return driver->realized(port); }));
  std::string owner = "nuritest" + std::to_string(getpid());
  std::string mark = "'external_ids:\"nuri:owner\"=\"" + owner +
                     "\"' 'external_ids:\"nuri:kind\"=\"network\"' "
                     "'external_ids:\"nuri:id\"=\"stray\"'";
  EXPECT_EQ(shell("ovn-nbctl ls-add " + owner + "-stray -- set Logical_Switch " + owner +
                  "-stray " + mark)
                .first,
            0);
  EXPECT_TRUE(eventually(
      [&] { return shell("ovn-nbctl get Logical_Switch " + owner + "-stray name").first; }, 50))
      << "a row with our mark that nobody wants";
  // Another's row without the mark stays.
  EXPECT_EQ(shell("ovn-nbctl ls-add " + owner + "-theirs").first, 0);
  for (const std::string& spoil :
       {"ls-del nuri-" + net, "clear Logical_Switch_Port " + port + " port_security",
        "set Logical_Switch_Port " + port + " enabled=false"}) {
    EXPECT_EQ(shell("ovn-nbctl " + spoil).first, 0) << spoil;
    EXPECT_TRUE(eventually(
        [&] {
          auto row = shell("ovn-nbctl get Logical_Switch_Port " + port + " enabled port_security");
          return row.first == 0 && row.second.starts_with("true") &&
                 row.second.find("10.76.0.3") != std::string::npos;
        },
        50))
        << spoil;
  }
  EXPECT_EQ(shell("ovn-nbctl ls-del " + owner + "-theirs").first, 0) << "it is still there";
}

// Somebody deletes a port's row, and the driver's connection is cut: both heal by themselves.
TEST_F(OvnLive, DriftIsRepaired) {
  std::string net = cloud.network();
  cloud.subnet(net, "10.78.0.0/24");
  std::string port = cloud.port(net)["id"].as_string();
  ASSERT_TRUE(eventually([&] { return driver->realized(port); }));
  EXPECT_EQ(shell("ovn-nbctl lsp-del " + port).first, 0);
  EXPECT_TRUE(eventually(
      [&] { return shell("ovn-nbctl get Logical_Switch_Port " + port + " name").first == 0; }, 50));
}

}  // namespace nuri::network::ovn
