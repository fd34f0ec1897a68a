#include <gtest/gtest.h>

#include "services/identity/domain/catalog.h"
#include "services/identity/domain/lockout.h"
#include "services/identity/domain/roles.h"

namespace nuri::identity {

TEST(Roles, ImpliedRolesAreFollowedAndCyclesEnd) {
  Implications implied{{"admin", "member"}, {"member", "reader"}, {"reader", "admin"}};
  EXPECT_EQ(with_implied({"member"}, implied),
            (std::set<std::string>{"admin", "member", "reader"}));
  EXPECT_EQ(with_implied({"other"}, implied), (std::set<std::string>{"other"}));
}

TEST(Roles, AnInheritedGrantCountsBelowItsTargetOnly) {
  Grant on_domain{"user", "u", "domain", "d", "r", true};
  EXPECT_TRUE(applies(on_domain, {"project", "p", {"parent", "d"}}));
  EXPECT_FALSE(applies(on_domain, {"domain", "d", {}}));
  EXPECT_FALSE(applies(on_domain, {"project", "p", {"other"}}));
  Grant on_project{"user", "u", "project", "p", "r", true};
  EXPECT_FALSE(applies(on_project, {"project", "p", {"d"}}));
  EXPECT_TRUE(applies(on_project, {"project", "child", {"p", "d"}}));
}

TEST(Roles, ADirectGrantCountsAtItsTargetOnly) {
  Grant g{"user", "u", "project", "p", "r", false};
  EXPECT_TRUE(applies(g, {"project", "p", {"d"}}));
  EXPECT_FALSE(applies(g, {"project", "child", {"p", "d"}}));
  EXPECT_FALSE(applies(g, {"domain", "p", {}}));
}

TEST(Lockout, LocksAfterTheLastFailureAndOpensLater) {
  FakeClock clock;
  Lockout lockout(clock, {3, 60 * kSecondUs, 100});
  for (int i = 0; i < 2; ++i) lockout.failed("u", "peer");
  EXPECT_FALSE(lockout.locked("u", "peer"));
  lockout.failed("u", "peer");
  EXPECT_TRUE(lockout.locked("u", "peer"));
  EXPECT_FALSE(lockout.locked("u", "another peer"));
  clock.advance(61 * kSecondUs);
  EXPECT_FALSE(lockout.locked("u", "peer"));
}

TEST(Lockout, SuccessForgetsFailures) {
  FakeClock clock;
  Lockout lockout(clock, {2, 60 * kSecondUs, 100});
  lockout.failed("u", "p");
  lockout.succeeded("u", "p");
  lockout.failed("u", "p");
  EXPECT_FALSE(lockout.locked("u", "p"));
}

TEST(Lockout, ItsMemoryIsBounded) {
  FakeClock clock;
  Lockout lockout(clock, {2, 60 * kSecondUs, 10});
  for (int i = 0; i < 1000; ++i) lockout.failed("user " + std::to_string(i), "p");
  EXPECT_EQ(lockout.size(), 10u);
}

Catalog one_service(const std::string& url) {
  Service s;
  s.id = "s";
  s.type = "volumev3";
  s.name = "cinder";
  Endpoint e;
  e.id = "e";
  e.service_id = "s";
  e.interface = "public";
  e.url = url;
  e.region_id = "R";
  return make_catalog({s}, {e});
}

TEST(CatalogJson, FillsInBaseAndProject) {
  Json j =
      catalog_json(one_service("{base}/volume/v3/$(project_id)s"), {"https://h:8443", "p1", "u1"});
  EXPECT_EQ(j.at(0)["endpoints"].at(0)["url"].as_string(), "https://h:8443/volume/v3/p1");
  EXPECT_EQ(j.at(0)["endpoints"].at(0)["region"].as_string(), "R");
  j = catalog_json(one_service("http://x/%(tenant_id)s/y"), {"", "p1", "u1"});
  EXPECT_EQ(j.at(0)["endpoints"].at(0)["url"].as_string(), "http://x/p1/y");
}

TEST(CatalogJson, LeavesOutWhatHasNoProject) {
  EXPECT_EQ(
      catalog_json(one_service("{base}/$(project_id)s"), {"b", "", "u"}).at(0)["endpoints"].size(),
      0u);
  EXPECT_EQ(
      catalog_json(one_service("http://x/$(unknown)s"), {"b", "p", "u"}).at(0)["endpoints"].size(),
      0u);
  EXPECT_EQ(catalog_json(one_service("http://x/$(open"), {"b", "p", "u"}).at(0)["endpoints"].size(),
            0u);
}

TEST(CatalogJson, DisabledThingsAreNotInIt) {
  Service s;
  s.id = "s";
  Endpoint e;
  e.service_id = "s";
  e.enabled = false;
  EXPECT_TRUE(make_catalog({s}, {e}).empty());
  e.enabled = true;
  s.enabled = false;
  EXPECT_TRUE(make_catalog({s}, {e}).empty());
}

}  // namespace nuri::identity
