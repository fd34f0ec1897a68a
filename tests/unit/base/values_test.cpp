#include <gtest/gtest.h>

#include "services/base/clock.h"
#include "services/base/net.h"
#include "services/base/random.h"

namespace nuri {

TEST(Clock, WritesAndReadsItsOwnTimes) {
  TimeUs t = 1'700'000'000 * kSecondUs + 123'456;
  EXPECT_EQ(iso_seconds(t), "2023-11-14T22:13:20Z");
  EXPECT_EQ(iso_micros(t), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(parse_iso(iso_micros(t)), t);
  EXPECT_EQ(parse_iso("2023-11-14T22:13:20+09:00"), t - 123'456 - 9 * 3600 * kSecondUs);
  EXPECT_EQ(parse_iso("2023-11-14T22:13:20.5"), t - 123'456 + 500'000);
  EXPECT_TRUE(parse_iso("2024-02-29"));
  for (const char* bad : {"", "x", "2023", "2023-13-01T00:00:00Z", "2023-01-01T25:00:00Z", "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00+99:00", "2023-01-01T00:00:00Zjunk"}) {
    EXPECT_FALSE(parse_iso(bad)) << bad;
  }
}

TEST(Random, Ids) {
  SystemRandom r;
  std::string id = r.uuid();
  EXPECT_TRUE(is_uuid(id)) << id;
  EXPECT_NE(id, r.uuid());
  EXPECT_EQ(r.hex_id().size(), 32u);
  EXPECT_TRUE(r.mac().starts_with("fa:16:3e:"));
  for (int i = 0; i < 1000; ++i) EXPECT_LT(r.below(7), 7u);
  EXPECT_FALSE(is_uuid("zz"));
  EXPECT_TRUE(is_uuid_like(r.hex_id()));
}

TEST(Net, Addresses) {
  EXPECT_EQ(IpAddress::parse("2001:DB8:0:0::1")->str(), "2001:db8::1");
  EXPECT_EQ(IpAddress::parse("10.0.0.255")->plus(1).str(), "10.0.1.0");
  EXPECT_EQ(IpAddress::parse("10.0.1.0")->minus(*IpAddress::parse("10.0.0.0")), 256u);
  for (const char* bad : {"", "10.0.0", "10.0.0.0.0", "10.0.0.256", "::g", "10.0.0.1 ", "1.2.3.4/8"}) EXPECT_FALSE(IpAddress::parse(bad)) << bad;
}

TEST(Net, Cidrs) {
  Cidr c = *Cidr::parse("10.0.1.77/24");
  EXPECT_EQ(c.str(), "10.0.1.0/24");
  EXPECT_EQ(c.last().str(), "10.0.1.255");
  EXPECT_EQ(c.netmask(), "255.255.255.0");
  EXPECT_TRUE(c.contains(*IpAddress::parse("10.0.1.255")));
  EXPECT_FALSE(c.contains(*IpAddress::parse("10.0.2.0")));
  EXPECT_TRUE(c.overlaps(*Cidr::parse("10.0.0.0/16")));
  EXPECT_FALSE(c.overlaps(*Cidr::parse("fd00::/8")));
  EXPECT_EQ(Cidr::parse("fd00::5/64")->last().str(), "fd00::ffff:ffff:ffff:ffff");
  for (const char* bad : {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "10.0.0.0/8x", "fd00::/129"}) EXPECT_FALSE(Cidr::parse(bad)) << bad;
}

}  // namespace nuri
