#include "tests/unit/network/cloud.h"

// Databases of older versions.
namespace nuri::network::test {

// Rows of before the policies: what was shared stays so, by a policy.
TEST(Takeover, MigrationsGiveSharedObjectsTheirPolicies) {
  char name[] = "/tmp/nuri-network-test-XXXXXX";
  std::string folder = mkdtemp(name);
  auto database = *db::Database::open({.path = folder + "/network.db"});
  std::vector<db::Migration> old(kMigrations.begin(), kMigrations.begin() + 2);
  ASSERT_TRUE(database->migrate("ledger", ledger::kMigrations));
  ASSERT_TRUE(database->migrate("network", old));
  const std::string both = "11111111-2222-4333-8444-555566667777";
  ASSERT_TRUE(database->write([&](db::Session& s) {
    s.exec(
        "INSERT INTO networks VALUES (?1, 'p0', 'n', '', '[]', 1, 5, 5, 1, 1, 1, 0, 1, 'ACTIVE', "
        "1442, 'geneve', '', 1)",
        {both});
    s.exec(
        "INSERT INTO networks VALUES ('aaaaaaaa-2222-4333-8444-555566667777', 'p1', 'n', '', "
        "'[]', 1, 5, 5, 1, 0, 0, 0, 1, 'ACTIVE', 1442, 'geneve', '', 2)");
    s.exec(
        "INSERT INTO subnet_pools VALUES ('bbbbbbbb-2222-4333-8444-555566667777', 'p0', 'p', '', "
        "'[]', 1, 5, 5, '[\"10.0.0.0/8\"]', 4, 8, 8, 32, NULL, 1, 0)");
    s.exec(
        "INSERT INTO ports VALUES ('cccccccc-2222-4333-8444-555566667777', 'p0', '', '', '[]', 1, "
        "5, 5, ?1, 'fa:16:3e:00:00:01', 'ovnmeta', 'network:distributed', '', 1, 0, 'DOWN', "
        "'normal', '[]', '[]', '[]', '{}', 0)",
        {both});
    return 0;
  }));
  ASSERT_TRUE(database->migrate("network", kMigrations));
  EXPECT_TRUE(database->write([](db::Session& s) { adopt_quotas(s); }));
  auto found = *database->read([](db::Session& s) { return load(s, rbac_policies()); });
  std::set<std::string> ids, seen;
  for (const RbacPolicy& p : found) {
    EXPECT_TRUE(is_uuid(p.id)) << p.id;
    EXPECT_EQ(p.project_id, "p0");
    ids.insert(p.id);
    seen.insert(p.object_type + " " + p.action + " " + p.target);
  }
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(seen,
            (std::set<std::string>{"network access_as_shared *", "network access_as_external *",
                                   "subnetpool access_as_shared *"}));
  nuri::test::expect_sound(*database, audited());
  database.reset();
  std::filesystem::remove_all(folder);
}

// A database of before the ledger is taken over as it is.
TEST(Takeover, AnOlderDatabaseIsTakenOver) {
  Cloud c;
  std::string shared = c.network("admin p0", Json::object({{"shared", true}}));
  c.network("member p1");
  EXPECT_TRUE(c.database->write([](db::Session& s) {
    for (const char* table : {"ledger_claims", "ledger_counters"})
      s.exec(std::string("DELETE FROM ") + table);
    s.exec("INSERT INTO quotas (project_id, resource, most) VALUES ('p1', 'network', 2)");
    return 0;
  }));
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(c.database->write([](db::Session& s) { adopt_quotas(s); }));
  c.network("member p1");
  EXPECT_EQ(
      c.error_type(409, "POST", "/v2.0/networks", "member p1", *parse_json(R"({"network": {}})")),
      "OverQuota");
}

}  // namespace nuri::network::test
