#include <gtest/gtest.h>

#include "compute/scheduler/plan.h"

namespace nuri::compute::test {

namespace {

HostCapacity host(const std::string& name, int64_t memory_used = 0) {
  HostCapacity h;
  h.name = name;
  h.zone = "nova";
  h.vcpus = 8;
  h.memory_mib = 16384;
  h.disk_gib = 100;
  h.memory_used_mib = memory_used;
  return h;
}

std::vector<HostCapacity> three() { return {host("a", 100), host("b"), host("c", 200)}; }

PlaceRequest small() {
  PlaceRequest r;
  r.vcpus = 1;
  r.memory_mib = 512;
  r.disk_gib = 1;
  return r;
}

std::string refused_by(const Plan& plan) {
  return plan.host.empty() && !plan.refusals.empty() ? plan.refusals.back().constraint : "";
}

}  // namespace

TEST(Plan, TheRoomiestHostThatIsUp) {
  auto hosts = three();
  EXPECT_EQ(place(hosts, small()).host, "b");
  hosts[1].up = false;
  EXPECT_EQ(place(hosts, small()).host, "a");
  hosts[0].enabled = false;
  Plan plan = place(hosts, small());
  EXPECT_EQ(plan.host, "c");
  ASSERT_EQ(plan.refusals.size(), 1u);
  EXPECT_EQ(plan.refusals[0].hosts, 2);
  EXPECT_EQ(plan.refusals[0].nearest, "a is disabled, b is down");
}

TEST(Plan, EachHostCountsAgainstTheFirstConstraintItFails) {
  auto hosts = three();
  hosts[0].up = false;
  hosts[1].zone = "other";
  PlaceRequest r = small();
  r.zone = "nova";
  r.memory_mib = 20000;
  Plan plan = place(hosts, r);
  ASSERT_EQ(plan.refusals.size(), 3u);
  EXPECT_EQ(plan.refusals[0].constraint, "service");
  EXPECT_EQ(plan.refusals[1].constraint, "zone");
  EXPECT_EQ(plan.refusals[2].constraint, "memory");
  EXPECT_EQ(plan.refusals[2].nearest, "needs 20000 MiB, the roomiest has 15672 MiB free");
  EXPECT_EQ(plan.considered, 3);
  EXPECT_NE(plan.text().find("1 host: zone: needs nova, there is other"), std::string::npos)
      << plan.text();
  EXPECT_EQ(plan.json()["refused"].size(), 3u);
}

TEST(Plan, AffinityStaysWhereItsGroupIs) {
  PlaceRequest r = small();
  r.group.policy = "affinity";
  EXPECT_EQ(place(three(), r).host, "b");  // the first of its group goes anywhere
  r.group.hosts = {{"c", 1}};
  EXPECT_EQ(place(three(), r).host, "c");
  auto hosts = three();
  hosts[2].memory_used_mib = hosts[2].memory_mib;
  Plan full = place(hosts, r);
  EXPECT_EQ(refused_by(full), "memory");
  EXPECT_EQ(full.refusals[0].constraint, "group");
  EXPECT_EQ(full.refusals[0].nearest, "its group runs on c");
}

TEST(Plan, AntiAffinityAllowsSoManyToAHost) {
  PlaceRequest r = small();
  r.group.policy = "anti-affinity";
  r.group.hosts = {{"b", 1}, {"a", 1}};
  EXPECT_EQ(place(three(), r).host, "c");
  r.group.hosts["c"] = 1;
  Plan none = place(three(), r);
  EXPECT_EQ(refused_by(none), "group");
  EXPECT_EQ(none.refusals[0].hosts, 3);
  r.group.max_per_host = 2;
  EXPECT_EQ(place(three(), r).host, "b");
}

TEST(Plan, SoftPoliciesOnlyPrefer) {
  PlaceRequest r = small();
  r.group.policy = "soft-affinity";
  r.group.hosts = {{"c", 1}};
  EXPECT_EQ(place(three(), r).host, "c");
  r.group.policy = "soft-anti-affinity";
  r.group.hosts = {{"b", 1}};
  EXPECT_EQ(place(three(), r).host, "a");
  r.group.hosts = {{"a", 2}, {"b", 1}, {"c", 3}};
  EXPECT_EQ(place(three(), r).host, "b");
}

TEST(Plan, AggregatesGiveHostsPropertiesAndTenants) {
  auto hosts = three();
  hosts[2].properties = {{"ssd", "true"}};
  PlaceRequest r = small();
  r.properties = {{"ssd", "true"}};
  EXPECT_EQ(place(hosts, r).host, "c");
  r.properties = {{"ssd", "false"}};
  EXPECT_EQ(refused_by(place(hosts, r)), "properties");
  r = small();
  r.project_id = "p1";
  hosts[1].properties = {{"filter_tenant_id", "p2"}};
  EXPECT_EQ(place(hosts, r).host, "a");
  r.project_id = "p2";
  EXPECT_EQ(place(hosts, r).host, "b");
}

TEST(Plan, NearToAndFarFromServersNamed) {
  PlaceRequest r = small();
  r.different_host_from = {"b"};
  EXPECT_EQ(place(three(), r).host, "a");
  r = small();
  r.wants_same_host = true;
  r.same_host_as = {"c"};
  EXPECT_EQ(place(three(), r).host, "c");
  r.same_host_as.clear();
  EXPECT_EQ(refused_by(place(three(), r)), "same_host");
  r = small();
  r.not_host = "b";
  EXPECT_EQ(place(three(), r).host, "a");
}

}  // namespace nuri::compute::test
