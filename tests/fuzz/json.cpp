// The JSON facade and the field tables: what parses is written so that it parses to the same, and
// what a table has read it writes so that it reads the same.
#include <cmath>

#include "services/base/fields.h"
#include "tests/fuzz/fuzz.h"

using namespace nuri;
using fuzz::hold;

namespace {

struct Inner {
  std::string name;
  std::optional<int64_t> size;
};

struct Outer {
  std::string name, format, id;
  std::optional<std::string> description, address, cidr, mac, when;
  int32_t count = 0;
  std::optional<int64_t> big;
  bool flag = false;
  StringMap metadata;
  std::vector<std::string> tags;
  Inner inner;
  std::vector<Inner> list;
  Json anything;
};

const Fields<Inner> kInner = {
    text("name", &Inner::name).required_().length(1, 8).format_("name"),
    number("size", &Inner::size).range(0, 100),
};

const Fields<Outer> kOuter = {
    text("name", &Outer::name).length(0, 255),
    text("format", &Outer::format).one_of({"qcow2", "raw"}),
    text("id", &Outer::id).format_("uuid"),
    text("description", &Outer::description).nullable_(),
    text("address", &Outer::address).format_("ip").nullable_(),
    text("cidr", &Outer::cidr).format_("cidr").nullable_(),
    text("mac", &Outer::mac).format_("mac").nullable_(),
    text("when", &Outer::when).format_("date-time").nullable_(),
    number("count", &Outer::count).range(-5, 500).since_(3),
    number("big", &Outer::big).nullable_(),
    boolean("flag", &Outer::flag),
    string_map("metadata", &Outer::metadata).length(0, 4),
    strings("tags", &Outer::tags).length(0, 4),
    object("inner", &Outer::inner, kInner),
    objects("list", &Outer::list, kInner),
    any("anything", &Outer::anything).until_(7),
};

void round_trip(const Json& json) {
  const std::string once = json.dump();
  const Result<Json> again = parse_json(once);
  hold(again.ok(), "what is written parses");
  hold(*again == json, "what is written parses to the same");
  hold(again->dump() == once, "written twice it is the same text");
  const Result<Json> pretty = parse_json(json.dump_pretty());
  hold(pretty.ok() && *pretty == json, "the pretty text parses to the same");
}

void tables(const Json& json, int version) {
  const Result<Outer> in = kOuter.read(json, version);
  if (!in) {
    hold(!in.error().message.empty(), "a refusal says why");
    return;
  }
  Outer target;
  hold(kOuter.update(target, json, version).ok(), "what is read is taken as a change too");
  const Json out = kOuter.write(*in, version);
  round_trip(out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view in = fuzz::text(data, size);
  const int version = fuzz::take_byte(in) % 10;
  const Result<Json> json = parse_json(in);
  if (!json) {
    hold(!json.error().message.empty(), "a refusal says why");
    (void)Json(in).dump();  // any bytes can be a text of an answer
    hold(parse_json(Json(in).dump()).ok(), "any text can be written");
    return 0;
  }
  round_trip(*json);
  tables(*json, version);
  (void)body_member(in, "server");
  return 0;
}
