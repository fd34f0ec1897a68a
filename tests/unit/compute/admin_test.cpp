#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

namespace {

struct Cloud : World {
  Response post(const std::string& path, const std::string& body, const char* token = "admin",
                int version = 1) {
    return send_raw("POST", path, token, body, version);
  }
  Response put(const std::string& path, const std::string& body, const char* token = "admin",
               int version = 1) {
    return send_raw("PUT", path, token, body, version);
  }
  Json get(const std::string& path, const char* token = "admin", int version = 1) {
    auto r = send("GET", path, token, {}, version);
    EXPECT_EQ(r.status, 200) << path << " " << r.body;
    return body_of(r);
  }
  int status_of(const std::string& path, const char* token = "admin", int version = 1) {
    return send("GET", path, token, {}, version).status;
  }
  void add_host(const std::string& name) {
    Json state = parse_json(
                     R"({"hypervisor_type": "QEMU", "arch": "x86_64", "vcpus": 8,
                         "memory_mib": 16384, "disk_gib": 100})")
                     .value();
    ASSERT_TRUE(control->database->write(
        [&](db::Session& s) { observe_host(s, name, state, clock.now_us(), random.uuid()); }));
  }
};

}  // namespace

TEST(Aggregates, GiveHostsTheirZone) {
  Cloud w;
  w.add_host("host2");
  auto made = w.post("/v2.1/os-aggregates",
                     R"({"aggregate": {"name": "fast", "availability_zone": "z1"}})", "admin", 41);
  ASSERT_EQ(made.status, 200) << made.body;
  Json a = body_of(made)["aggregate"];
  EXPECT_FALSE(a.contains("hosts"));
  EXPECT_TRUE(a.contains("uuid"));
  std::string one = "/v2.1/os-aggregates/" + std::to_string(a["id"].as_int());
  EXPECT_EQ(w.post(one + "/action", R"({"add_host": {"host": "host2"}})").status, 200);
  EXPECT_EQ(w.post(one + "/action", R"({"add_host": {"host": "host2"}})").status, 409);
  EXPECT_EQ(w.post(one + "/action", R"({"add_host": {"host": "nope"}})").status, 404);
  EXPECT_EQ(w.post(one + "/action", R"({"remove_host": {"host": "host1"}})").status, 404);
  EXPECT_EQ(w.post(one + "/action", R"({"nonsense": {}})").status, 400);
  Json zones = w.get("/v2.1/os-availability-zone", "member")["availabilityZoneInfo"];
  ASSERT_EQ(zones.size(), 2u);
  EXPECT_EQ(zones.at(1)["zoneName"].as_string(), "z1");
  // No other aggregate may put the host into another zone.
  auto other = w.post("/v2.1/os-aggregates",
                      R"({"aggregate": {"name": "slow", "availability_zone": "z2"}})");
  std::string two =
      "/v2.1/os-aggregates/" + std::to_string(body_of(other)["aggregate"]["id"].as_int());
  EXPECT_EQ(w.post(two + "/action", R"({"add_host": {"host": "host2"}})").status, 409);
  auto set = w.post(one + "/action", R"({"set_metadata": {"metadata": {"ssd": "true"}}})");
  EXPECT_EQ(body_of(set)["aggregate"]["metadata"]["ssd"].as_string(), "true");
  EXPECT_EQ(body_of(set)["aggregate"]["availability_zone"].as_string(), "z1");
  set = w.post(one + "/action", R"({"set_metadata": {"metadata": {"ssd": null}}})");
  EXPECT_FALSE(body_of(set)["aggregate"]["metadata"].contains("ssd"));
  EXPECT_EQ(w.put(one, R"({"aggregate": {"name": "slow"}})").status, 409);
  EXPECT_EQ(w.put(one, R"({"aggregate": {}})").status, 400);
  EXPECT_EQ(w.send("DELETE", one, "admin").status, 400);  // it has a host
  EXPECT_EQ(w.post(one + "/action", R"({"remove_host": {"host": "host2"}})").status, 200);
  EXPECT_EQ(w.send("DELETE", one, "admin").status, 200);
  EXPECT_EQ(w.status_of(one), 404);
  EXPECT_EQ(w.status_of("/v2.1/os-aggregates/x"), 404);
  for (const char* bad : {R"({"aggregate": {"name": ""}})", R"({"aggregate": {"name": 7}})", "{}",
                          R"({"aggregate": {"name": "a", "availability_zone": "a:b"}})"})
    EXPECT_EQ(w.post("/v2.1/os-aggregates", bad).status, 400) << bad;
}

TEST(Aggregates, FlavorsAskForTheirProperties) {
  Cloud w;
  w.add_host("host2");
  w.post("/v2.1/os-aggregates", R"({"aggregate": {"name": "fast"}})");
  w.post("/v2.1/os-aggregates/1/action", R"({"add_host": {"host": "host2"}})");
  w.post("/v2.1/os-aggregates/1/action", R"({"set_metadata": {"metadata": {"ssd": "true"}}})");
  auto place_with = [&](const char* specs) {
    Server s;
    s.ram_mib = 512;
    s.vcpus = 1;
    s.flavor_specs = specs;
    return w.control->database
        ->read([&](db::Session& db) {
          return place(capacities(db, w.clock.now_us()), placement_request(db, s));
        })
        .value_or(Plan{})
        .host;
  };
  EXPECT_EQ(place_with(R"({"aggregate_instance_extra_specs:ssd": "true"})"), "host2");
  EXPECT_EQ(place_with(R"({"aggregate_instance_extra_specs:ssd": "no"})"), "");
  EXPECT_NE(place_with("{}"), "");
}

TEST(ServerGroups, ByMicroversionQuotaAndMembers) {
  Cloud w;
  const std::string all = "/v2.1/os-server-groups";
  auto made = w.post(all, R"({"server_group": {"name": "g", "policies": ["affinity"]}})", "member");
  ASSERT_EQ(made.status, 200) << made.body;
  Json g = body_of(made)["server_group"];
  EXPECT_EQ(g["policies"], Json::array({"affinity"}));
  EXPECT_FALSE(g.contains("project_id"));
  std::string one = all + "/" + g["id"].as_string();
  EXPECT_TRUE(w.get(one, "member", 13)["server_group"].contains("project_id"));
  Json newest = w.get(one, "member", 64)["server_group"];
  EXPECT_EQ(newest["policy"].as_string(), "affinity");
  EXPECT_FALSE(newest.contains("metadata"));
  EXPECT_EQ(w.status_of(one, "foreign"), 404);
  EXPECT_EQ(w.send("DELETE", one, "foreign").status, 404);
  EXPECT_EQ(w.get(all, "foreign")["server_groups"].size(), 0u);
  EXPECT_EQ(w.get(all + "?all_projects=1", "admin")["server_groups"].size(), 1u);
  struct Bad {
    const char* body;
    int version;
  };
  for (
      const Bad& b :
      {Bad{R"({"server_group": {"name": "g", "policies": ["soft-affinity"]}})", 14},
       Bad{R"({"server_group": {"name": "g", "policies": ["nonsense"]}})", 15},
       Bad{R"({"server_group": {"name": "g", "policies": ["affinity", "anti-affinity"]}})", 15},
       Bad{R"({"server_group": {"name": "g", "policies": ["affinity"]}})", 64},
       Bad{R"({"server_group": {"name": "g", "policy": "affinity", "rules": {"max_server_per_host": 2}}})",
           64},
       Bad{R"({"server_group": {"policies": ["affinity"]}})", 1}})
    EXPECT_EQ(w.post(all, b.body, "member", b.version).status, 400) << b.body;
  EXPECT_EQ(w.put("/v2.1/os-quota-sets/" + kProject,
                  R"({"quota_set": {"server_groups": 1, "server_group_members": 1}})")
                .status,
            200);
  EXPECT_EQ(
      w.post(all, R"({"server_group": {"name": "h", "policies": ["affinity"]}})", "member").status,
      403);
  std::string hint = R"("os:scheduler_hints": {"group": ")" + g["id"].as_string() + "\"}}";
  std::string server =
      R"({"server": {"name": "s", "imageRef": ")" + kImage + R"(", "flavorRef": "1"}, )";
  auto first = w.post("/v2.1/servers", server + hint, "member");
  ASSERT_EQ(first.status, 202) << first.body;
  EXPECT_EQ(w.post("/v2.1/servers", server + hint, "member").status, 403);
  EXPECT_EQ(w.post("/v2.1/servers", server + hint, "foreign").status, 400);
  std::string id = body_of(first)["server"]["id"].as_string();
  EXPECT_EQ(w.get(one, "member")["server_group"]["members"], Json::array({id}));
  EXPECT_EQ(w.show(id, 71)["server_groups"], Json::array({g["id"]}));
  EXPECT_EQ(w.send("DELETE", one, "member").status, 204);
  EXPECT_EQ(w.show(id, 71)["server_groups"].size(), 0u);
  EXPECT_EQ(w.count("SELECT count(*) FROM ledger_claims WHERE resource='server_groups'"), 0);
}

TEST(Placement, GroupsAreHeededAndRefusalsExplained) {
  Cloud w;
  auto made = w.post("/v2.1/os-server-groups",
                     R"({"server_group": {"name": "g", "policies": ["anti-affinity"]}})", "member");
  std::string group = body_of(made)["server_group"]["id"].as_string();
  auto create = [&](const std::string& query = "") {
    return w.post("/v2.1/servers" + query,
                  R"({"server": {"name": "s", "imageRef": ")" + kImage +
                      R"(", "flavorRef": "1"}, "os:scheduler_hints": {"group": ")" + group + "\"}}",
                  "member");
  };
  std::string first = body_of(create())["server"]["id"].as_string();
  ASSERT_TRUE(w.run_until([&] { return w.status(first) == "ACTIVE"; }));
  // One host, and it has one of the group.
  Json dry = body_of(create("?dry_run=true"))["dry_run"];
  EXPECT_FALSE(dry["feasible"].as_bool(true));
  EXPECT_NE(dry["reason"].as_string().find("1 host: group"), std::string::npos) << dry.dump();
  EXPECT_EQ(dry["placement"]["refused"].at(0)["hosts"].as_int(), 1);
  EXPECT_EQ(dry["quota"]["instances"]["left_after"].as_int(), 8);
  EXPECT_EQ(w.count("SELECT count(*) FROM servers"), 1);
  std::string second = body_of(create())["server"]["id"].as_string();
  ASSERT_TRUE(w.run_until([&] { return w.status(second) == "ERROR"; }));
  Json why = w.get("/v2.1/servers/" + second + "/placement", "member")["placement"];
  EXPECT_EQ(why["refused"].at(0)["constraint"].as_string(), "group");
  EXPECT_EQ(w.status_of("/v2.1/servers/" + second + "/placement", "foreign"), 404);
  EXPECT_NE(w.show(second)["fault"]["message"].as_string().find("group"), std::string::npos);
  w.add_host("host2");
  EXPECT_TRUE(body_of(create("?dry_run=true"))["dry_run"]["feasible"].as_bool());
}

TEST(DryRun, TellsPriceAndQuotaAndMakesNothing) {
  struct Prices final : Peer {
    Result<Json> call(std::string_view, const std::string& target, const Json&,
                      const std::string& token) override {
      EXPECT_EQ(target, "/v1/prices");
      EXPECT_EQ(token, "member");
      return parse_json(R"({"currency": "EUR", "flavor_prices": [], "prices": [
          {"meter": "server", "rate_per_hour": "0.001"}, {"meter": "vcpu", "rate_per_hour": "0.01"},
          {"meter": "ram_mib", "rate_per_hour": "0.000001"},
          {"meter": "disk_gib", "rate_per_hour": "0.0002"}]})");
    }
  } prices;
  Cloud w;
  w.control->app.metering = &prices;
  std::string body = R"({"server": {"name": "s", "imageRef": ")" + kImage +
                     R"(", "flavorRef": "1", "min_count": 2}})";
  auto r = w.post("/v2.1/servers?dry_run=true", body, "member");
  ASSERT_EQ(r.status, 200) << r.body;
  Json dry = body_of(r)["dry_run"];
  EXPECT_TRUE(dry["feasible"].as_bool()) << dry.dump();
  EXPECT_EQ(dry["price"]["per_hour_each"].as_string(), "0.011712");
  EXPECT_EQ(dry["price"]["per_hour"].as_string(), "0.023424");
  EXPECT_EQ(dry["price"]["currency"].as_string(), "EUR");
  EXPECT_EQ(dry["quota"]["cores"]["left_after"].as_int(), 18);
  EXPECT_EQ(w.count("SELECT count(*) FROM servers"), 0);
  EXPECT_EQ(w.count("SELECT count(*) FROM ledger_claims"), 0);
  EXPECT_EQ(w.count("SELECT count(*) FROM tasks"), 0);
  w.put("/v2.1/os-quota-sets/" + kProject, R"({"quota_set": {"cores": 1}})");
  dry = body_of(w.post("/v2.1/servers?dry_run=true", body, "member"))["dry_run"];
  EXPECT_NE(dry["reason"].as_string().find("Quota exceeded for cores"), std::string::npos);
  EXPECT_EQ(w.post("/v2.1/servers?dry_run=maybe", body, "member").status, 400);
}

TEST(Quotas, SetsClassesAndLimits) {
  Cloud w;
  const std::string set = "/v2.1/os-quota-sets/" + kProject;
  EXPECT_EQ(w.get(set, "member")["quota_set"]["cores"].as_int(), 20);
  EXPECT_TRUE(w.get(set, "member", 35)["quota_set"].contains("floating_ips"));
  EXPECT_FALSE(w.get(set, "member", 36)["quota_set"].contains("floating_ips"));
  EXPECT_FALSE(w.get(set, "member", 57)["quota_set"].contains("injected_files"));
  EXPECT_EQ(w.status_of(set, "foreign"), 403);
  EXPECT_EQ(w.put(set, R"({"quota_set": {"injected_files": 7, "fixed_ips": 9}})").status, 200);
  EXPECT_EQ(w.get(set, "member")["quota_set"]["injected_files"].as_int(), 7);
  EXPECT_EQ(w.put(set, R"({"quota_set": {"nonsense": 1}})").status, 400);
  EXPECT_EQ(w.put(set, R"({"quota_set": {"cores": -2}})").status, 400);
  const std::string klass = "/v2.1/os-quota-class-sets/default";
  EXPECT_FALSE(w.get(klass)["quota_class_set"].contains("server_groups"));
  EXPECT_TRUE(w.get(klass, "admin", 50)["quota_class_set"].contains("server_groups"));
  EXPECT_FALSE(w.get(klass, "admin", 50)["quota_class_set"].contains("fixed_ips"));
  EXPECT_EQ(w.put(klass, R"({"quota_class_set": {"cores": 33}})").status, 200);
  EXPECT_EQ(w.get(set, "member")["quota_set"]["cores"].as_int(), 33);
  EXPECT_EQ(w.get(set + "/defaults", "member")["quota_set"]["cores"].as_int(), 33);
  EXPECT_EQ(w.put(set, R"({"quota_set": {"cores": 1}})").status, 200);
  EXPECT_EQ(w.get("/v2.1/limits", "member")["limits"]["absolute"]["maxTotalCores"].as_int(), 1);
  std::string id = w.create_server();
  Json detail = w.get(set + "/detail", "member")["quota_set"]["cores"];
  EXPECT_EQ(detail["in_use"].as_int(), 1);
  EXPECT_EQ(w.put(set, R"({"quota_set": {"cores": 0}})").status, 400);
  EXPECT_EQ(w.put(set, R"({"quota_set": {"cores": 0, "force": true}})").status, 200);
  EXPECT_EQ(w.send("DELETE", set, "admin").status, 202);
  EXPECT_EQ(w.get(set, "member")["quota_set"]["cores"].as_int(), 33);
}

TEST(Hosts, HypervisorsServicesAndOldHosts) {
  Cloud w;
  w.add_host("host2");
  EXPECT_EQ(w.get("/v2.1/os-hypervisors")["hypervisors"].size(), 2u);
  Json page = w.get("/v2.1/os-hypervisors?limit=1", "admin", 33);
  ASSERT_EQ(page["hypervisors"].size(), 1u);
  std::string next = page["hypervisors_links"].at(0)["href"].as_string();
  Json rest = w.get(next.substr(next.find("/v2.1")), "admin", 33);
  EXPECT_EQ(rest["hypervisors"].at(0)["hypervisor_hostname"].as_string(), "host2");
  EXPECT_FALSE(rest.contains("hypervisors_links"));
  Json newest = w.get("/v2.1/os-hypervisors/detail", "admin", 88)["hypervisors"].at(0);
  EXPECT_FALSE(newest.contains("vcpus"));
  EXPECT_TRUE(newest.contains("uptime"));
  std::string uuid = newest["id"].as_string();
  EXPECT_EQ(w.status_of("/v2.1/os-hypervisors/" + uuid, "admin", 53), 200);
  EXPECT_EQ(w.status_of("/v2.1/os-hypervisors/7", "admin", 53), 400);
  EXPECT_EQ(w.put("/v2.1/os-services/disable-log-reason",
                  R"({"host": "host2", "binary": "nova-compute", "disabled_reason": "why"})")
                .status,
            200);
  EXPECT_EQ(w.put("/v2.1/os-services/disable-log-reason",
                  R"({"host": "host2", "binary": "nova-compute"})")
                .status,
            400);
  EXPECT_EQ(
      w.put("/v2.1/os-services/enable", R"({"host": "none", "binary": "nova-compute"})").status,
      404);
  EXPECT_EQ(
      w.put("/v2.1/os-services/force-down",
            R"({"host": "host2", "binary": "nova-compute", "forced_down": true})", "admin", 10)
          .status,
      404);
  Json services = w.get("/v2.1/os-services?host=host2", "admin", 53)["services"];
  EXPECT_EQ(services.at(0)["status"].as_string(), "disabled");
  std::string one = "/v2.1/os-services/" + services.at(0)["id"].as_string();
  EXPECT_EQ(w.put(one, R"({"status": "enabled", "disabled_reason": "x"})", "admin", 53).status,
            400);
  EXPECT_EQ(w.put(one, R"({"status": "maybe"})", "admin", 53).status, 400);
  EXPECT_EQ(w.put("/v2.1/os-services/7", R"({"status": "enabled"})", "admin", 53).status, 400);
  auto down = w.put(one, R"({"status": "enabled", "forced_down": true})", "admin", 53);
  EXPECT_EQ(body_of(down)["service"]["state"].as_string(), "down") << down.body;
  EXPECT_EQ(w.get("/v2.1/os-hosts")["hosts"].size(), 2u);
  EXPECT_EQ(w.get("/v2.1/os-hosts/host1")["host"].size(), 3u);
  EXPECT_EQ(w.status_of("/v2.1/os-hosts/none"), 404);
  EXPECT_EQ(w.put("/v2.1/os-hosts/host2", R"({"status": "disable"})").status, 200);
  EXPECT_EQ(w.put("/v2.1/os-hosts/host2", R"({"status": "off"})").status, 400);
  EXPECT_EQ(w.send("DELETE", one, "admin", {}, 53).status, 204);
  EXPECT_EQ(w.get("/v2.1/os-services")["services"].size(), 1u);
  EXPECT_EQ(
      w.get("/v2.1/os-instance_usage_audit_log")["instance_usage_audit_logs"]["num_hosts"].as_int(),
      1);
  EXPECT_EQ(w.status_of("/v2.1/os-instance_usage_audit_log/never"), 400);
}

TEST(Events, WakeServersAndSayWhichAreUnknown) {
  Cloud w;
  std::string id = w.create_server();
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; }));
  const std::string path = "/v2.1/os-server-external-events";
  auto event = [](const std::string& server, const std::string& name = "network-changed") {
    return R"({"name": ")" + name + R"(", "server_uuid": ")" + server + "\"}";
  };
  std::string unknown = w.random.uuid();
  auto one = w.post(path, "{\"events\": [" + event(id) + "]}");
  EXPECT_EQ(one.status, 200) << one.body;
  EXPECT_EQ(body_of(one)["events"].at(0)["code"].as_int(), 200);
  auto both = w.post(path, "{\"events\": [" + event(id) + "," + event(unknown) + "]}");
  EXPECT_EQ(both.status, 207);
  EXPECT_EQ(body_of(both)["events"].at(1)["code"].as_int(), 404);
  EXPECT_EQ(w.post(path, "{\"events\": [" + event(unknown) + "]}").status, 404);
  EXPECT_EQ(w.post(path, "{\"events\": [" + event(id, "volume-extended") + "]}").status, 400);
  EXPECT_EQ(w.post(path, "{\"events\": [" + event(id, "nonsense") + "]}").status, 400);
  EXPECT_EQ(w.post(path, "{\"events\": []}").status, 400);
  EXPECT_EQ(w.get("/v2.1/os-migrations")["migrations"].size(), 0u);
}

TEST(History, ActionsPagedAndUsagePaged) {
  Cloud w;
  std::string id = w.create_server(), other = w.create_server();
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE" && w.status(other) == "ACTIVE"; }));
  w.clock.advance(3600 * kSecondUs);
  std::string path = "/v2.1/servers/" + id;
  ASSERT_EQ(w.post(path + "/action", R"({"lock": null})", "member").status, 202);
  Json page = w.get(path + "/os-instance-actions?limit=1", "member", 58);
  ASSERT_EQ(page["instanceActions"].size(), 1u);
  EXPECT_EQ(page["instanceActions"].at(0)["action"].as_string(), "lock");
  EXPECT_TRUE(page.contains("links"));
  std::string request = page["instanceActions"].at(0)["request_id"].as_string();
  Json rest = w.get(path + "/os-instance-actions?marker=" + request, "member", 58);
  EXPECT_EQ(rest["instanceActions"].at(0)["action"].as_string(), "create");
  EXPECT_EQ(w.status_of(path + "/os-instance-actions?marker=none", "member", 58), 400);
  Json action = w.get(path + "/os-instance-actions/" + request, "member", 50)["instanceAction"];
  EXPECT_FALSE(action.contains("events"));
  action = w.get(path + "/os-instance-actions/" + request, "member", 84)["instanceAction"];
  Json event = action["events"].at(0);
  EXPECT_FALSE(event.contains("traceback"));
  EXPECT_TRUE(event.contains("hostId"));
  EXPECT_FALSE(event.contains("host"));
  EXPECT_TRUE(event.contains("details"));
  Json usage = w.get("/v2.1/os-simple-tenant-usage/" + kProject + "?limit=1", "member", 40);
  EXPECT_EQ(usage["tenant_usage"]["server_usages"].size(), 1u);
  EXPECT_TRUE(usage.contains("tenant_usage_links"));
  usage = w.get("/v2.1/os-simple-tenant-usage/" + kProject, "member");
  EXPECT_EQ(usage["tenant_usage"]["server_usages"].size(), 2u);
  EXPECT_NEAR(usage["tenant_usage"]["total_hours"].as_double(), 2.0, 0.1);
  Json trace = w.get(path + "/trace", "member")["trace"];
  EXPECT_EQ(trace["control"].at(0)["stage"].as_string(), "placement");
  EXPECT_TRUE(trace["control"].at(0).contains("duration_ms"));
  w.send("DELETE", "/v2.1/servers/" + other, "member");
  ASSERT_TRUE(w.run_until([&] { return w.status(other) == "gone"; }));
  std::string gone = "/v2.1/servers/" + other + "/os-instance-actions";
  EXPECT_EQ(w.status_of(gone, "member", 20), 404);
  EXPECT_EQ(w.status_of(gone, "member", 21), 200);
  EXPECT_EQ(w.status_of(gone, "foreign", 21), 404);
}

}  // namespace nuri::compute::test
