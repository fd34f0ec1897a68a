#include <set>

#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

namespace {

constexpr int kNewest = 93;

// As tempest/lib/api_schema/response/compute has them, written down apart from the view's table.
struct Born {
  int version;
  const char* name;
  bool admin = false, only_shown = false;
};
const std::vector<Born> kFields = {{1, "id"},
                                   {1, "name"},
                                   {1, "status"},
                                   {1, "tenant_id"},
                                   {1, "user_id"},
                                   {1, "metadata"},
                                   {1, "hostId"},
                                   {1, "image"},
                                   {1, "flavor"},
                                   {1, "created"},
                                   {1, "updated"},
                                   {1, "addresses"},
                                   {1, "accessIPv4"},
                                   {1, "accessIPv6"},
                                   {1, "links"},
                                   {1, "OS-DCF:diskConfig"},
                                   {1, "progress"},
                                   {1, "OS-EXT-AZ:availability_zone"},
                                   {1, "config_drive"},
                                   {1, "key_name"},
                                   {1, "OS-SRV-USG:launched_at"},
                                   {1, "OS-SRV-USG:terminated_at"},
                                   {1, "security_groups"},
                                   {1, "OS-EXT-STS:task_state"},
                                   {1, "OS-EXT-STS:vm_state"},
                                   {1, "OS-EXT-STS:power_state"},
                                   {1, "os-extended-volumes:volumes_attached"},
                                   {1, "OS-EXT-SRV-ATTR:host", true},
                                   {1, "OS-EXT-SRV-ATTR:instance_name", true},
                                   {1, "OS-EXT-SRV-ATTR:hypervisor_hostname", true},
                                   {3, "OS-EXT-SRV-ATTR:reservation_id", true},
                                   {3, "OS-EXT-SRV-ATTR:launch_index", true},
                                   {3, "OS-EXT-SRV-ATTR:kernel_id", true},
                                   {3, "OS-EXT-SRV-ATTR:ramdisk_id", true},
                                   {3, "OS-EXT-SRV-ATTR:hostname", true},
                                   {3, "OS-EXT-SRV-ATTR:root_device_name", true},
                                   {3, "OS-EXT-SRV-ATTR:user_data", true},
                                   {9, "locked"},
                                   {16, "host_status", true},
                                   {19, "description"},
                                   {26, "tags"},
                                   {63, "trusted_image_certificates"},
                                   {71, "server_groups", false, true},
                                   {73, "locked_reason"},
                                   {90, "OS-EXT-SRV-ATTR:hostname"}};

std::set<std::string> expected(int version, bool admin, bool shown) {
  std::set<std::string> out;
  for (const Born& b : kFields) {
    if (version >= b.version && (admin || !b.admin) && (shown || !b.only_shown)) out.insert(b.name);
  }
  return out;
}

std::set<std::string> names_of(const Json& object) {
  std::set<std::string> out;
  for (const auto& [name, value] : object.as_object()) out.insert(name);
  return out;
}

}  // namespace

TEST(Microversions, AServerHasTheFieldsOfEach) {
  World w;
  std::string id = w.create_server();
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; }));
  const std::set<std::string> old_flavor = {"id", "links"},
                              new_flavor = {"vcpus", "ram",           "disk",       "ephemeral",
                                            "swap",  "original_name", "extra_specs"};
  for (int v = 1; v <= kNewest; ++v) {
    for (const char* token : {"member", "admin"}) {
      bool admin = std::string(token) == "admin";
      auto answer = w.send("GET", "/v2.1/servers/" + id, token, {}, v);
      EXPECT_EQ(answer.headers.get("X-OpenStack-Nova-API-Version"), "2." + std::to_string(v));
      EXPECT_EQ(answer.headers.get("x-compute-request-id"),
                answer.headers.get("x-openstack-request-id"));
      Json shown = body_of(answer)["server"];
      EXPECT_EQ(names_of(shown), expected(v, admin, true)) << v << " " << token;
      Json listed = body_of(w.send("GET", "/v2.1/servers/detail", token, {}, v))["servers"].at(0);
      EXPECT_EQ(names_of(listed), expected(v, admin, false)) << v << " " << token;
      EXPECT_EQ(names_of(shown["flavor"]), v < 47 ? old_flavor : new_flavor) << v;
      if (v >= 75) {
        Json put = body_of(w.send_raw("PUT", "/v2.1/servers/" + id, token,
                                      R"({"server": {"name": "vm"}})", v))["server"];
        EXPECT_EQ(names_of(put), expected(v, admin, true)) << v;
      }
    }
    Json brief = body_of(w.send("GET", "/v2.1/servers", "member", {}, v))["servers"].at(0);
    EXPECT_EQ(names_of(brief), (std::set<std::string>{"id", "name", "links"})) << v;
  }
  EXPECT_EQ(w.send("GET", "/v2.1/servers", "member", {}, kNewest + 1).status, 406);
}

// Each field of a create request just outside and just inside its microversions.
TEST(Microversions, ACreateTakesTheFieldsOfEach) {
  World w;
  ASSERT_EQ(
      w.send("PUT", "/v2.1/os-quota-sets/" + kProject, "admin",
             parse_json(R"({"quota_set": {"instances": -1, "cores": -1, "ram": -1}})").value())
          .status,
      200);
  struct Case {
    const char *name, *value;
    int outside, inside;
    const char* token = "member";
  };
  for (const Case& c : {Case{"description", "\"d\"", 18, 19}, Case{"tags", R"(["t"])", 51, 52},
                        Case{"trusted_image_certificates", "null", 62, 63},
                        Case{"host", "\"host1\"", 73, 74, "admin"},
                        Case{"hypervisor_hostname", "\"host1\"", 73, 74, "admin"},
                        Case{"hostname", "\"h\"", 89, 90}, Case{"personality", "[]", 57, 56},
                        Case{"networks", "\"none\"", 36, 37}, Case{"networks", "\"auto\"", 36, 37},
                        Case{"networks", "null", 37, 36}}) {
    auto create = [&](int version) {
      Json server = Json::object({{"name", "vm"}, {"imageRef", kImage}, {"flavorRef", "1"}});
      if (version >= 37) server.set("networks", "none");
      Json value = parse_json(c.value).value();
      std::string(c.name) == "networks" && value.is_null() ? void(server.erase(c.name))
                                                           : void(server.set(c.name, value));
      return w.send("POST", "/v2.1/servers", c.token, Json::object({{"server", server}}), version);
    };
    auto refused = create(c.outside), taken = create(c.inside);
    EXPECT_EQ(refused.status, 400) << c.name << " in 2." << c.outside;
    EXPECT_EQ(taken.status, 202) << c.name << " in 2." << c.inside << ": " << taken.body;
  }
}

TEST(Microversions, OldDoorsCloseAndNewOnesOpen) {
  World w;
  std::string id = w.create_server();
  struct Door {
    const char *path, *token;
    int inside, outside;
  };
  for (const Door& d : {Door{"/v2.1/os-hosts", "admin", 42, 43},
                        Door{"/v2.1/os-hypervisors/statistics", "admin", 87, 88},
                        Door{"/v2.1/os-tenant-networks", "member", 35, 36},
                        Door{"/v2.1/os-networks", "member", 35, 36},
                        Door{"/v2.1/servers/ID/topology", "member", 78, 77},
                        Door{"/v2.1/servers/ID/migrations", "admin", 23, 22},
                        Door{"/v2.1/servers/ID/tags", "member", 26, 25}}) {
    std::string path = d.path;
    if (size_t at = path.find("ID"); at != std::string::npos) path.replace(at, 2, id);
    EXPECT_EQ(w.send("GET", path, d.token, {}, d.inside).status, 200) << path;
    EXPECT_EQ(w.send("GET", path, d.token, {}, d.outside).status, 404) << path;
  }
  EXPECT_EQ(w.send("GET", "/v2.1/os-floating-ips-bulk", "member").status, 410);
}

}  // namespace nuri::compute::test
