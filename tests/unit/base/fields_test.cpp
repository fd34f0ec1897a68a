#include <gtest/gtest.h>

#include "services/base/fields.h"

namespace nuri {
namespace {

struct Nic {
  std::string mac;
};
struct Thing {
  std::string name;
  std::optional<std::string> description;
  int64_t size = 1;
  bool shared = false;
  StringMap metadata;
  std::vector<std::string> dns;
  std::vector<Nic> nics;
  std::optional<Nic> main_nic;
};

const Fields<Nic> kNic = {text("mac", &Nic::mac).required_().format_("mac")};
const Fields<Thing> kThing("thing", Fields<Thing>::Unknown::refuse,
                           {text("name", &Thing::name).required_().length(1, 8).format_("name"),
                            text("description", &Thing::description).nullable_().since_(19),
                            number("size", &Thing::size).range(1, 100), boolean("shared", &Thing::shared),
                            string_map("metadata", &Thing::metadata).length(0, 2),
                            strings("dns", &Thing::dns).format_("ip"), objects("nics", &Thing::nics, kNic),
                            object("main_nic", &Thing::main_nic, kNic).nullable_(),
                            computed<Thing>("label", [](const Thing& t) { return "<" + t.name + ">"; }).until_(20)});

Error refusal(const char* body, int version = 30) {
  auto r = kThing.read(*parse_json(body), version);
  EXPECT_FALSE(r) << body;
  return r ? Error() : r.error();
}

TEST(Fields, ReadsEveryKind) {
  auto t = kThing.read(*parse_json(R"({"name":"n","size":"7","shared":"true","metadata":{"k":"v"},"dns":["10.0.0.1"],
    "nics":[{"mac":"fa:16:3e:00:00:01"}],"main_nic":null,"description":null})"), 30);
  ASSERT_TRUE(t) << t.error().message;
  EXPECT_EQ(t->size, 7);
  EXPECT_TRUE(t->shared);
  EXPECT_EQ(t->metadata.at("k"), "v");
  EXPECT_EQ(t->nics.at(0).mac, "fa:16:3e:00:00:01");
  EXPECT_FALSE(t->main_nic);
}

TEST(Fields, EachRefusalNamesItsFieldAndWhatIsAllowed) {
  struct Case {
    const char* body;
    const char* field;
    const char* says;
  };
  for (const Case& c : std::initializer_list<Case>{
           {R"({})", "name", "required"},
           {R"([])", "thing", "object"},
           {R"({"name":""})", "name", "at least 1"},
           {R"({"name":"123456789"})", "name", "at most 8"},
           {R"({"name":7})", "name", "string"},
           {R"({"name":null})", "name", "string"},
           {R"({"name":"a\u0000b"})", "name", "NUL"},
           {R"({"name":"n","size":0})", "size", "least allowed is 1"},
           {R"({"name":"n","size":101})", "size", "most allowed is 100"},
           {R"({"name":"n","size":1.5})", "size", "integer"},
           {R"({"name":"n","size":"1e3"})", "size", "integer"},
           {R"({"name":"n","size":99999999999999999999})", "size", "integer"},
           {R"({"name":"n","shared":"maybe"})", "shared", "true or false"},
           {R"({"name":"n","metadata":{"a":1}})", "metadata", "string"},
           {R"({"name":"n","metadata":{"":"x"}})", "metadata", "1 to 255"},
           {R"({"name":"n","metadata":{"a":"","b":"","c":""}})", "metadata", "at most 2"},
           {R"({"name":"n","dns":["10.0.0.999"]})", "dns", "IP address"},
           {R"({"name":"n","nics":{}})", "nics", "list"},
           {R"({"name":"n","nics":[{"mac":"zz"}]})", "mac", "MAC"},
           {R"({"name":"n","nics":[{}]})", "mac", "required"},
           {R"({"name":"n","colour":"red"})", "colour", "unexpected"},
           {R"({"name":"n","label":"x"})", "label", "unexpected"},
       }) {
    Error e = refusal(c.body);
    EXPECT_EQ(e.field, c.field) << c.body;
    EXPECT_NE(e.message.find(c.says), std::string::npos) << c.body << ": " << e.message;
  }
}

TEST(Fields, AFieldLivesInItsMicroversionsOnly) {
  EXPECT_EQ(refusal(R"({"name":"n","description":"d"})", 18).field, "description");
  Thing t;
  t.name = "n";
  EXPECT_FALSE(kThing.write(t, 18).contains("description"));
  EXPECT_TRUE(kThing.write(t, 19)["description"].is_null());
  EXPECT_EQ(kThing.write(t, 20)["label"].as_string(), "<n>");
  EXPECT_FALSE(kThing.write(t, 21).contains("label"));
}

TEST(Fields, UpdateChangesOnlyWhatItNames) {
  Thing t;
  t.name = "old";
  t.size = 9;
  ASSERT_TRUE(kThing.update(t, *parse_json(R"({"size":10})"), 30));
  EXPECT_EQ(t.name, "old");
  EXPECT_EQ(t.size, 10);
}

TEST(Fields, LengthCountsCharactersNotBytes) {
  EXPECT_TRUE(kThing.read(*parse_json("{\"name\":\"\xeb\x88\x84\xeb\xa6\xac\xeb\x88\x84\xeb\xa6\xac\"}"), 30));
}

TEST(Fields, TheSchemaIsThatOfTheVersionAndTheDirection) {
  Json in = kThing.schema(30, true);
  EXPECT_EQ(in["required"], Json::array({"name"}));
  EXPECT_FALSE(in["additionalProperties"].as_bool(true));
  EXPECT_EQ(in["properties"]["name"]["maxLength"].as_int(), 8);
  EXPECT_EQ(in["properties"]["size"]["minimum"].as_int(), 1);
  EXPECT_EQ(in["properties"]["description"]["type"], Json::array({"string", "null"}));
  EXPECT_EQ(in["properties"]["nics"]["items"]["properties"]["mac"]["format"].as_string(), "mac");
  EXPECT_EQ(in["properties"]["main_nic"]["required"], Json::array({"mac"}));
  EXPECT_FALSE(in["properties"].contains("label"));
  EXPECT_FALSE(kThing.schema(18, true)["properties"].contains("description"));
  Json out = kThing.schema(20);
  EXPECT_TRUE(out["properties"].contains("label"));
  EXPECT_FALSE(out.contains("additionalProperties"));
  EXPECT_FALSE(kThing.schema(21)["properties"].contains("label"));
}

}  // namespace
}  // namespace nuri
