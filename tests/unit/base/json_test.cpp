#include <gtest/gtest.h>

#include "services/base/json.h"

namespace nuri {

TEST(Json, ReadsAndWritesWhatItRead) {
  auto j = parse_json(R"({"a":[1,-2,3.5,true,null,"x\n\"\u00e9"],"b":{"c":{}}})");
  ASSERT_TRUE(j);
  EXPECT_EQ((*j)["a"].at(2).as_double(), 3.5);
  EXPECT_EQ((*j)["a"].at(5).as_string(), "x\n\"\xc3\xa9");
  EXPECT_EQ(j->dump(), "{\"a\":[1,-2,3.5,true,null,\"x\\n\\\"\xc3\xa9\"],\"b\":{\"c\":{}}}");
  EXPECT_EQ(*parse_json(j->dump()), *j);
  EXPECT_EQ(*parse_json(j->dump_pretty()), *j);
}

TEST(Json, KeepsOrderAndTheLastOfDoubledKeys) {
  auto j = parse_json(R"({"z":1,"a":2,"z":3})");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->dump(), R"({"z":3,"a":2})");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "nul", "\"\x01\"", "{\"a\":1}x", "\"\xff\"", "01", "+1", "'a'"}) {
    auto j = parse_json(text);
    ASSERT_FALSE(j) << text;
    EXPECT_EQ(j.error().code, ErrorCode::bad_request);
  }
}

TEST(Json, LimitsDepth) {
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
  auto deep = parse_json(std::string(100'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message.find("64"), std::string::npos);
}

TEST(Json, WritesInvalidUtf8AsReplacement) {
  EXPECT_EQ(Json("a\xff\xc0\xaf" "b").dump(), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" "b\"");
  EXPECT_TRUE(parse_json(Json("\xed\xa0\x80").dump()));
}

TEST(Json, BigNumbers) {
  EXPECT_EQ(parse_json("9223372036854775807")->as_int(), INT64_MAX);
  EXPECT_TRUE(parse_json("18446744073709551615")->is_double());
  EXPECT_EQ(Json(1.0).dump(), "1.0");
  EXPECT_EQ(Json(1.0 / 0.0).dump(), "null");
}

TEST(Json, EqualityIgnoresTheOrderOfMembers) {
  EXPECT_EQ(*parse_json(R"({"a":1,"b":2})"), *parse_json(R"({"b":2,"a":1})"));
  EXPECT_FALSE(*parse_json(R"({"a":1})") == *parse_json(R"({"a":1,"b":null})"));
}

}  // namespace nuri
