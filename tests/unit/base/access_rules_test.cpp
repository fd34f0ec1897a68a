#include "services/base/access_rules.h"

#include <gtest/gtest.h>

namespace nuri {
namespace {

bool may(const std::string& rule_path, const std::string& path, const std::string& method = "GET",
         const std::string& prefix = "/compute", const std::string& service = "compute") {
  Claims c;
  c.audit_ids = {"an-audit-id", access_note(service, "GET", rule_path)};
  Request r;
  r.method = method;
  r.path = path;
  if (!prefix.empty()) r.headers.set("X-Forwarded-Prefix", prefix);
  return access_permitted(c, r);
}

TEST(AccessRules, ATokenWithoutThemIsNotLimited) {
  Claims c;
  c.audit_ids = {"audit", "gr:digest", "ac:id"};
  EXPECT_TRUE(access_permitted(c, Request()));
}

TEST(AccessRules, PathsFitSegmentBySegment) {
  EXPECT_TRUE(may("/v2.1/servers", "/v2.1/servers"));
  EXPECT_FALSE(may("/v2.1/servers", "/v2.1/servers/1"));
  EXPECT_FALSE(may("/v2.1/servers/1", "/v2.1/servers"));
  EXPECT_FALSE(may("/v2.1/servers", "/v2.1/serversx"));
  EXPECT_TRUE(may("/v2.1/servers/*", "/v2.1/servers/1"));
  EXPECT_TRUE(may("/v2.1/servers/{server_id}/ips", "/v2.1/servers/1/ips"));
  EXPECT_FALSE(may("/v2.1/servers/*", "/v2.1/servers/1/ips"));
  EXPECT_TRUE(may("/v2.1/**", "/v2.1/servers/1/ips"));
  EXPECT_TRUE(may("/**/ips", "/v2.1/servers/1/ips"));
  EXPECT_TRUE(may("/**", "/"));
  EXPECT_FALSE(may("/**/ips", "/v2.1/servers"));
  EXPECT_TRUE(may("/**/**", "/"));
  EXPECT_TRUE(may("/**/b/**/b", "/b/a/b/b"));
  EXPECT_FALSE(may("/**/b/**/b", "/a/b"));
  EXPECT_TRUE(may("/**/a/*/c", "/a/b/a/b/c"));
  EXPECT_FALSE(may("/**/a/*/c", "/a/b/a/b/c/d"));
}

// Tried in each way that 42 of them can share the path, this would not end.
TEST(AccessRules, ManyStarsOnALongPathAreQuick) {
  std::string stars, path;
  for (int i = 0; i < 42; ++i) stars += "/**";
  for (int i = 0; i < 5'000; ++i) path += "/a";
  EXPECT_TRUE(may(stars, path));
  EXPECT_TRUE(may(stars + "/a", path));
  EXPECT_FALSE(may(stars + "/x", path));
}

TEST(AccessRules, MethodAndServiceFitToo) {
  EXPECT_FALSE(may("/**", "/v2.1/servers", "DELETE"));
  EXPECT_FALSE(may("/**", "/v2.0/networks", "GET", "/network"));
  EXPECT_FALSE(may("/**", "/v2.1/servers", "GET", "")) << "not through the gateway";
  EXPECT_TRUE(may("/**", "/v3/p/volumes", "GET", "/volume", "volumev3"));
  EXPECT_TRUE(may("/**", "/v1/x", "GET", "/metering", "rating"));
}

TEST(AccessRules, WhatARuleHoldsCannotBreakOutOfIt) {
  EXPECT_FALSE(may("/x", "/y", "GET", "/compute", "compute\",\"GET\",\"/**"));
  Claims c;
  c.audit_ids = {"ar:not json"};
  EXPECT_FALSE(access_permitted(c, Request()));
}

}  // namespace
}  // namespace nuri
