#include "services/image/domain/image_list.h"

#include <gtest/gtest.h>

#include "services/image/domain/image_patch.h"

namespace nuri::image {
namespace {

Image make(const std::string& id, const std::string& name, int64_t size, TimeUs created_us) {
  Image i;
  i.id = id;
  i.name = name;
  i.status = "active";
  i.size = size;
  i.disk_format = size % 2 ? "raw" : "qcow2";
  i.created_us = i.updated_us = created_us * kSecondUs;
  i.tags = {"t" + id};
  i.properties["os"] = "linux " + id;
  return i;
}

std::vector<Image> sample() {
  return {make("1", "b", 10, 100), make("2", "a", 21, 200), make("3", "c,d", 30, 300)};
}

std::string ids(const std::string& raw) {
  auto query = read_list_query(Query::parse(raw));
  if (!query) return "bad " + query.error().field;
  auto page = select(*query, sample());
  if (!page) return "bad " + page.error().field;
  std::string out;
  for (const auto& i : page->images) out += i.id;
  return out + (page->more ? "+" : "");
}

TEST(ImageList, FiltersSortsAndPages) {
  EXPECT_EQ(ids(""), "321");
  EXPECT_EQ(ids("limit=2"), "32+");
  EXPECT_EQ(ids("limit=2&marker=2"), "1");
  EXPECT_EQ(ids("limit=0"), "");
  EXPECT_EQ(ids("name=a"), "2");
  EXPECT_EQ(ids("name=in:a,b"), "21");
  EXPECT_EQ(ids("name=in:%22c,d%22,a"), "32");
  EXPECT_EQ(ids("id=in:1,3&sort=id:asc"), "13");
  EXPECT_EQ(ids("disk_format=raw"), "2");
  EXPECT_EQ(ids("sort_key=name&sort_dir=asc"), "213");
  EXPECT_EQ(ids("sort=disk_format:asc,size:desc"), "312");
  EXPECT_EQ(ids("size_min=20&size_max=25"), "2");
  EXPECT_EQ(ids("tag=t1"), "1");
  EXPECT_EQ(ids("os=linux+3"), "3");
  EXPECT_EQ(ids("os_hidden=true"), "");
  EXPECT_EQ(ids("nothing=x"), "");
  EXPECT_EQ(ids("created_at=gt:1970-01-01T00:01:40Z"), "32");
  EXPECT_EQ(ids("created_at=lte:1970-01-01T00:03:20Z"), "21");
}

TEST(ImageList, BadQueriesNameTheParameter) {
  const std::pair<const char*, const char*> kBad[] = {
      {"limit=-1", "limit"},
      {"limit=x", "limit"},
      {"limit=99999999999999999999", "limit"},
      {"marker=9", "marker"},
      {"sort_key=secret", "sort_key"},
      {"sort_dir=up", "sort_dir"},
      {"sort=name:up", "sort_dir"},
      {"sort=name&sort_key=id", "sort"},
      {"visibility=some", "visibility"},
      {"member_status=x", "member_status"},
      {"size_min=x", "size_min"},
      {"created_at=noon", "created_at"},
      {"os_hidden=maybe", "os_hidden"},
      {"protected=2", "protected"},
      {"name=in:%22a", "name"},
      {"sort_key=name&sort_key=id&sort_dir=asc&sort_dir=asc&sort_dir=asc", "sort_dir"},
  };
  for (const auto& [raw, field] : kBad) EXPECT_EQ(ids(raw), std::string("bad ") + field) << raw;
}

Result<Image> patched(const std::string& patch) {
  Image i = make("1", "b", 10, 100);
  TRYV(apply_patch(i, TRY(parse_json(patch))));
  return i;
}

TEST(ImagePatch, ChangesWhatItNames) {
  auto i = patched(
      R"([{"op":"replace","path":"/name","value":"new"},{"op":"add","path":"/hw~1x~0y","value":"1"},
    {"op":"remove","path":"/os"},{"op":"replace","path":"/tags","value":["z","a","z"]},{"op":"replace","path":"/protected","value":true}])");
  ASSERT_TRUE(i) << i.error().message;
  EXPECT_EQ(i->name, "new");
  EXPECT_EQ(i->properties, (StringMap{{"hw/x~y", "1"}}));
  EXPECT_EQ(i->tags, (std::vector<std::string>{"a", "z"}));
  EXPECT_TRUE(i->is_protected);
}

TEST(ImagePatch, TheOlderShapeSaysTheSame) {
  auto old =
      parse_json(R"([{"replace":"/name","value":"new"},{"add":"/a","value":"1"},{"remove":"/b"}])");
  auto now = parse_json(
      R"([{"op":"replace","path":"/name","value":"new"},{"op":"add","path":"/a","value":"1"},
          {"op":"remove","path":"/b"}])");
  EXPECT_EQ(current_patch(*old), *now);
  EXPECT_EQ(current_patch(Json(7)), Json(7));
}

TEST(ImagePatch, BadPatches) {
  const std::pair<const char*, ErrorCode> kBad[] = {
      {R"({})", ErrorCode::bad_request},
      {R"([1])", ErrorCode::bad_request},
      {R"([{"op":"move","path":"/name"}])", ErrorCode::bad_request},
      {R"([{"op":"add","path":"name","value":"x"}])", ErrorCode::bad_request},
      {R"([{"op":"add","path":"/a/b","value":"x"}])", ErrorCode::bad_request},
      {R"([{"op":"add","path":"/a~2","value":"x"}])", ErrorCode::bad_request},
      {R"([{"op":"add","path":"/a"}])", ErrorCode::bad_request},
      {R"([{"op":"add","path":"/a","value":7}])", ErrorCode::bad_request},
      {R"([{"op":"replace","path":"/visibility","value":"all"}])", ErrorCode::bad_request},
      {R"([{"op":"replace","path":"/min_disk","value":-1}])", ErrorCode::bad_request},
      {R"([{"op":"replace","path":"/min_disk","value":null}])", ErrorCode::bad_request},
      {R"([{"op":"replace","path":"/status","value":"active"}])", ErrorCode::forbidden},
      {R"([{"op":"replace","path":"/id","value":"00000000-0000-4000-8000-000000000000"}])",
       ErrorCode::forbidden},
      {R"([{"op":"replace","path":"/size","value":1}])", ErrorCode::forbidden},
      {R"([{"op":"add","path":"/location","value":"file:///etc/passwd"}])", ErrorCode::forbidden},
      {R"([{"op":"remove","path":"/name"}])", ErrorCode::forbidden},
      {R"([{"op":"replace","path":"/disk_format","value":"iso"}])", ErrorCode::forbidden},
      {R"([{"op":"replace","path":"/none","value":"x"}])", ErrorCode::conflict},
      {R"([{"op":"remove","path":"/none"}])", ErrorCode::conflict},
  };
  for (const auto& [patch, code] : kBad) {
    auto i = patched(patch);
    ASSERT_FALSE(i) << patch;
    EXPECT_EQ(i.error().code, code) << patch << " " << i.error().message;
  }
}

}  // namespace
}  // namespace nuri::image
