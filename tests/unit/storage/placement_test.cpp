#include "storage/domain/placement.h"

#include <gtest/gtest.h>

#include "storage/domain/volume_list.h"
#include "storage/domain/volume_state.h"

namespace nuri::storage {
namespace {

Host host(const std::string& name, int64_t disk, int64_t allocated,
          const std::string& zone = "nova", TimeUs seen = 0) {
  return {name, zone, disk, 0, allocated, seen};
}

TEST(Placement, TakesTheHostWithMostRoom) {
  std::vector<Host> hosts = {host("a", 10, 50), host("b", 10, 20), host("c", 10, 20)};
  EXPECT_EQ(place({5, "", "", 10, 0}, hosts).value(), "b");
  EXPECT_EQ(place({5, "", "a", 10, 0}, hosts).value(), "a");
  EXPECT_EQ(place({80, "", "", 10, 0}, hosts).value(), "b");
}

TEST(Placement, SaysWhatRuledEachHostOut) {
  std::vector<Host> hosts = {host("a", 10, 99),
                             host("b", 10, 0, "other"),
                             host("c", 10, 0, "nova", -kHostSilentUs - 1),
                             {"d", "nova", 10, 10, 0, 0}};
  auto r = place({5, "nova", "", 10, 0}, hosts);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message,
            "No host can hold a volume of 5 GiB: of 4 known, 1 are not in zone nova, 1 have been "
            "silent for a minute,"
            " 2 have no room (at most 100 GiB).");
  EXPECT_FALSE(place({1, "", "", 10, 0}, {}));
  EXPECT_FALSE(place({1, "", "x", 10, 0}, {host("a", 10, 0)}));
}

TEST(VolumeState, WhatMayBeDone) {
  Volume v;
  v.id = "v";
  v.status = "available";
  v.size_gib = 2;
  v.host = "h";
  Attachment a{"a1", "v", "s1", "h", ""}, b{"a2", "v", "s2", "h", ""},
      elsewhere{"a3", "v", "s3", "other", ""};
  v.path = "/v";
  EXPECT_TRUE(may_delete(v, false, false));
  EXPECT_FALSE(may_delete(v, true, false)) << "it has snapshots";
  EXPECT_TRUE(may_extend(v, 3, 0));
  EXPECT_FALSE(may_extend(v, 2, 0));
  EXPECT_TRUE(may_copy(v, false, "cloned"));
  EXPECT_TRUE(may_attach(v, a));
  EXPECT_FALSE(may_attach(v, elsewhere));
  v.readonly = true;
  EXPECT_FALSE(may_attach(v, a));
  v.readonly.reset();
  v.attachment = a;
  EXPECT_EQ(status_by_attachment(v), "attaching");
  EXPECT_TRUE(may_attach(v, a));
  EXPECT_FALSE(may_attach(v, b));
  EXPECT_FALSE(may_delete(v, false, true));
  v.status = "in-use";
  EXPECT_FALSE(may_extend(v, 3, 41));
  EXPECT_TRUE(may_extend(v, 3, 42));
  EXPECT_FALSE(may_copy(v, false, "cloned"));
  EXPECT_TRUE(may_copy(v, true, "cloned"));
  v.attachment.reset();
  for (const char* status : {"error", "deleting", "error_extending"}) {
    v.status = status;
    EXPECT_FALSE(may_attach(v, a)) << status;
    EXPECT_FALSE(may_extend(v, 3, 70)) << status;
    EXPECT_FALSE(may_copy(v, true, "cloned")) << status;
  }
  v.status = "uploading";
  EXPECT_FALSE(may_delete(v, false, false));
  EXPECT_TRUE(may_delete(v, false, true));
}

std::vector<Volume> sample() {
  std::vector<Volume> out;
  for (int i = 1; i <= 3; ++i) {
    Volume v;
    v.id = std::to_string(i);
    v.name = i == 2 ? "a" : "b";
    v.status = i == 3 ? "error" : "available";
    v.size_gib = 10 - i;
    v.created_us = i * kSecondUs;
    v.metadata["k"] = std::to_string(i % 2);
    out.push_back(v);
  }
  return out;
}

std::string ids(const std::string& raw, int version = 70) {
  auto query = read_list_query(Query::parse(raw), kVolumeRules, version);
  if (!query) return "bad " + query.error().field;
  auto page = select(*query, kVolumeRules, sample(), volume_list_view());
  if (!page) return "none";
  std::string out;
  for (const auto& v : page->items) out += v.id;
  return out + (page->more ? "+" : "") + "/" + std::to_string(page->count);
}

TEST(VolumeList, FiltersSortsAndPages) {
  EXPECT_EQ(ids(""), "321/3");
  EXPECT_EQ(ids("limit=2"), "32+/3");
  EXPECT_EQ(ids("limit=2&marker=2"), "1/3");
  EXPECT_EQ(ids("limit=3"), "321+/3");
  EXPECT_EQ(ids("offset=2"), "1/3");
  EXPECT_EQ(ids("offset=9"), "/3");
  EXPECT_EQ(ids("limit=0"), "/3");
  EXPECT_EQ(ids("name=b&status=available"), "1/1");
  EXPECT_EQ(ids("status=available&marker=3"), "21/2");
  EXPECT_EQ(ids("metadata=%7B'k':%20'1'%7D"), "31/2");
  EXPECT_EQ(ids("metadata=%7B%22k%22:%220%22%7D"), "2/1");
  EXPECT_EQ(ids("sort=size:asc"), "321/3");
  EXPECT_EQ(ids("sort_key=name&sort_dir=asc"), "213/3");
  EXPECT_EQ(ids("unheard_of=1"), "321/3");
  EXPECT_EQ(ids("name~=b"), "31/2");
  EXPECT_EQ(ids("name~=b", 30), "321/3");
  EXPECT_EQ(ids("created_at=gt:1970-01-01T00:00:01,lte:1970-01-01T00:00:03"), "32/2");
  EXPECT_EQ(ids("created_at=1970-01-01T00:00:02"), "2/1");
  EXPECT_EQ(ids("created_at=1970-01-01T00:00:02", 59), "321/3");
  EXPECT_EQ(ids("created_at=gt:soon"), "bad created_at");
  EXPECT_EQ(ids("marker=7"), "none");
  for (const char* bad : {"limit=-1", "limit=x"}) EXPECT_EQ(ids(bad), "bad limit");
  EXPECT_EQ(ids("offset=1.5"), "bad offset");
  EXPECT_EQ(ids("sort=color"), "bad sort");
  EXPECT_EQ(ids("sort=name:up"), "bad sort");
  EXPECT_EQ(ids("metadata=x"), "bad metadata");
}

}  // namespace
}  // namespace nuri::storage
