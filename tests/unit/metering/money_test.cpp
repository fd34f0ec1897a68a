#include "metering/api/money.h"

#include <gtest/gtest.h>

#include "metering/domain/prices.h"

namespace nuri::metering {
namespace {

constexpr TimeUs kHour = 3600 * kSecondUs;
Rate rate(const char* text) { return Rate::parse(text).value(); }

TEST(Money, RatesAreExactDecimals) {
  for (const char* text :
       {"0", "1", "0.1", "0.012", "0.000000000001", "1000000", "999999.999999999999"})
    EXPECT_EQ(rate(text).str(), text);
  EXPECT_EQ(rate("0.10").str(), "0.1");
  for (const char* bad : {"", ".", "1.", ".5", "-1", "+1", "1e3", "0x1", " 1", "1 ", "1,5",
                          "1000000.1", "1000001", "99999999", "0.0000000000001", "nan", "1.2.3"}) {
    EXPECT_FALSE(Rate::parse(bad)) << bad;
  }
}

TEST(Money, AmountsAreRoundedOnlyWhenShown) {
  EXPECT_EQ(Amount::of(Quantity::whole(1), rate("0.1"), kHour).str(), "0.100000000");
  EXPECT_EQ(Amount::of(Quantity::whole(3), rate("0.1"), kHour / 3).str(), "0.100000000");
  EXPECT_EQ(Amount::of(Quantity::whole(1), rate("1"), 1).str(12), "0.000000000278");
  // A third of a millionth, three million times, is one: no rounding on the way.
  Amount sum;
  for (int i = 0; i < 3'000'000; ++i) sum += Amount::of(Quantity::whole(1), rate("1"), 1200);
  EXPECT_EQ(sum.str(), "1.000000000");
  EXPECT_EQ(Amount::of(Quantity::whole(1), rate("0.9999999999"), kHour).str(), "1.000000000");
  EXPECT_EQ(Amount::of(Quantity::whole(1), rate("0.0000000005"), kHour).str(), "0.000000001");
  EXPECT_EQ(Amount::of(Quantity::whole(1), rate("0.000000000499"), kHour).str(), "0.000000000");
  EXPECT_EQ(Amount::of(Quantity::whole(1), rate("1"), -5).str(), "0.000000000");
}

TEST(Money, HugeSumsStayHuge) {
  Amount most = Amount::of(Quantity::parts(Quantity::kMaxParts), rate("1000000"), INT64_MAX);
  Amount more = most;
  more += most;
  EXPECT_EQ(more, most);
  // A hundred years of a thousand terabytes at a dollar.
  EXPECT_EQ(Amount::of(Quantity::whole(1'000'000), rate("1"), 100 * 8766 * kHour).str(0),
            "876600000000");
}

TEST(Money, QuantitiesInParts) {
  EXPECT_EQ(Quantity::whole(20).str(), "20");
  EXPECT_EQ(Quantity::parts(104).str(), "0.1015625");
  EXPECT_EQ(Quantity::parts(1).str(), "0.0009765625");
  EXPECT_EQ(Quantity::parts(-1).str(), "0");
  HourlyRate h;
  h.add(Quantity::parts(512), rate("0.01"));
  h.add(Quantity::whole(2), rate("0.0000015"));
  EXPECT_EQ(h.str(), "0.005003");
}

PriceList list_of(const char* json) { return read_price_list(parse_json(json).value()).value(); }

std::string shown(const PriceList& list, const char* type, const char* data) {
  std::string out;
  for (const Charge& c : charges(list, type, parse_json(data).value()))
    out += c.meter + " " + c.quantity.str() + " " + c.rate.str() + "; ";
  return out;
}

const char* kSmall =
    R"({"flavor_name":"m1.small","vcpus":1,"ram_mib":512,"disk_gib":5,"state":"active"})";

TEST(Prices, OfWhatIsUsed) {
  PriceList list = list_of("{}");
  EXPECT_EQ(shown(list, "server", kSmall),
            "vcpu 1 0.01; ram_mib 512 0.000004; disk_gib 5 0.0001; ");
  EXPECT_EQ(shown(list, "server", R"({"vcpus":1,"ram_mib":512,"disk_gib":5,"state":"stopped"})"),
            "disk_gib 5 0.0001; ");
  EXPECT_EQ(shown(list, "server", R"({"vcpus":1,"ram_mib":512,"disk_gib":5,"state":"error"})"), "");
  EXPECT_EQ(shown(list, "volume", R"({"size_gib":3})"), "volume_gib 3 0.00015; ");
  EXPECT_EQ(shown(list, "floating_ip", "{}"), "floating_ip 1 0.004; ");
  EXPECT_EQ(shown(list, "image", R"({"size_bytes":1048577})"), "image_gib 0.001953125 0.00005; ");
  EXPECT_EQ(shown(list, "image", R"({"size_bytes":0})"), "");
  EXPECT_EQ(shown(list, "volume", R"({"size_gib":-3})"), "");
  EXPECT_EQ(shown(list, "spaceship", "{}"), "");
}

TEST(Prices, OfAFlavorAreTheWholePrice) {
  PriceList list = list_of(
      R"({"currency":"EUR","price":[{"meter":"server","flavor":"m1.small","rate_per_hour":"0.02"},
    {"meter":"server","rate_per_hour":"0.001"},{"meter":"vcpu","rate_per_hour":"0.01"},{"meter":"volume","rate_per_hour":1}]})");
  EXPECT_EQ(list.currency, "EUR");
  EXPECT_EQ(shown(list, "server", kSmall), "server 1 0.02; ");
  EXPECT_EQ(shown(list, "server", R"({"flavor_name":"big","vcpus":4,"ram_mib":512,"disk_gib":5})"),
            "server 1 0.001; vcpu 4 0.01; ");
  EXPECT_EQ(shown(list, "volume", R"({"size_gib":3})"), "volume_gib 3 1; ");
  Json shown_list = price_list_json(list);
  EXPECT_EQ(shown_list["prices"].size(), 3u);
  EXPECT_EQ(shown_list["flavor_prices"].at(0)["flavor"].as_string(), "m1.small");
  EXPECT_EQ(price_list_config(read_price_list(price_list_config(list)).value()),
            price_list_config(list));
}

TEST(Prices, BadOnesAreNamed) {
  for (
      const char* bad :
      {R"({"price":[{"meter":"wishes","rate_per_hour":"1"}]})", R"({"price":[{"meter":"vcpu"}]})",
       R"({"price":[{"meter":"vcpu","rate_per_hour":0.1}]})",
       R"({"price":[{"meter":"vcpu","rate_per_hour":"-1"}]})",
       R"({"price":[{"meter":"vcpu","flavor":"x","rate_per_hour":"1"}]})",
       R"({"price":[{"meter":"vcpu","rate_per_hour":"1"},{"meter":"vcpu","rate_per_hour":"2"}]})"}) {
    auto r = read_price_list(parse_json(bad).value());
    ASSERT_FALSE(r) << bad;
    EXPECT_FALSE(r.error().field.empty()) << bad;
  }
}

TEST(Prices, AnIntervalIsSplitWhereThePriceChanged) {
  std::vector<DatedList> lists = {
      {1000 * kHour, list_of(R"({"price":[{"meter":"volume","rate_per_hour":"1"}]})")},
      {2000 * kHour, list_of(R"({"price":[{"meter":"volume","rate_per_hour":"3"}]})")}};
  Interval i{1,   "volume",     "v",          "p",
             "u", 1999 * kHour, std::nullopt, parse_json(R"({"size_gib":2})").value()};
  auto lines = rate_interval(lists, i, 0, 2001 * kHour);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].amount.str(), "2.000000000");
  EXPECT_FALSE(lines[0].open);
  EXPECT_EQ(lines[1].amount.str(), "6.000000000");
  EXPECT_TRUE(lines[1].open);
  // Before the first list, that list holds.
  i.begin_us = 10 * kHour;
  i.end_us = 11 * kHour;
  lines = rate_interval(lists, i, 0, 5000 * kHour);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].amount.str(), "2.000000000");
  // Cut to a window.
  i.end_us = 20 * kHour;
  EXPECT_EQ(rate_interval(lists, i, 15 * kHour, 16 * kHour)[0].amount.str(), "2.000000000");
  EXPECT_TRUE(rate_interval(lists, i, 30 * kHour, 40 * kHour).empty());
}

}  // namespace
}  // namespace nuri::metering
