#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

namespace {

// Servers by the store itself: what lists are asked about, and nothing else.
struct Many {
  World w;
  Server make(const std::string& name, const std::function<void(Server&)>& f = nullptr) {
    Server s;
    s.id = w.random.uuid();
    s.project_id = kProject;
    s.user_id = "user-member";
    s.name = name;
    s.hostname = name;
    s.image = "{}";
    s.vm_state = VmState::active;
    s.task_state = TaskState::none;
    w.clock.advance(kSecondUs);
    s.created_us = s.updated_us = w.clock.now_us();
    if (f) f(s);
    EXPECT_TRUE(w.control->database->write([&](db::Session& db) { insert_server(db, s); }));
    made.push_back(s.id);
    return s;
  }
  ~Many() {  // they are nobody's: the ledger does not know them
    (void)w.control->database->write([&](db::Session& db) {
      for (const auto& id : made) db.exec("DELETE FROM servers WHERE id=?1", {id});
    });
  }
  std::string names(const std::string& query, int version = 1, const char* token = "member") {
    auto r = w.send("GET", "/v2.1/servers" + query, token, {}, version);
    if (r.status != 200) return std::to_string(r.status);
    std::string out;
    Json body = body_of(r);
    for (const Json& s : body["servers"].as_array()) out += s["name"].as_string() + " ";
    return out;
  }
  std::vector<std::string> made;
};

}  // namespace

TEST(ServerLists, WhoHasNoProjectSeesNobodysThings) {
  Many m;
  m.make("one");
  for (const char* list : {"/v2.1/servers", "/v2.1/servers/detail", "/v2.1/os-server-groups"}) {
    EXPECT_EQ(m.w.send("GET", list, "system-reader").status, 403) << list;
    EXPECT_EQ(m.w.send("GET", list, "reader").status, 200) << list;
  }
}

TEST(ServerLists, EachFilter) {
  Many m;
  m.make("web-1", [](Server& s) {
    s.image_id = "i1";
    s.flavor_id = "f1";
    s.tags = R"(["a","b"])";
    s.locked = "owner";
    s.reservation_id = "r-1";
    s.addresses = R"({"n":[{"version":4,"addr":"10.0.0.5","OS-EXT-IPS:type":"fixed"}]})";
  });
  m.make("web-22", [](Server& s) {
    s.image_id = "i2";
    s.tags = R"(["b"])";
    s.vm_state = VmState::stopped;
    s.host = "host1";
    s.addresses = R"({"n":[{"version":4,"addr":"10.0.0.55","OS-EXT-IPS:type":"fixed"},)"
                  R"({"version":6,"addr":"fd00::1","OS-EXT-IPS:type":"fixed"},)"
                  R"({"version":4,"addr":"172.24.4.9","OS-EXT-IPS:type":"floating"}]})";
  });
  m.make("Db", [](Server& s) {
    s.flavor_id = "f1";
    s.key_name = "k";
    s.description = "the data";
  });
  EXPECT_EQ(m.names(""), "Db web-22 web-1 ");
  EXPECT_EQ(m.names("?name=web"), "web-22 web-1 ");
  EXPECT_EQ(m.names("?name=%5Eweb-%5B0-9%5D%24"), "web-1 ");
  EXPECT_EQ(m.names("?name=db"), "Db ");
  EXPECT_EQ(m.names("?name=%5B"), "400");
  EXPECT_EQ(m.names("?status=SHUTOFF"), "web-22 ");
  EXPECT_EQ(m.names("?status=shutoff&status=active"), "Db web-22 web-1 ");
  EXPECT_EQ(m.names("?status=nonsense"), "");
  EXPECT_EQ(m.names("?status=nonsense", 38), "400");
  EXPECT_EQ(m.names("?status=DELETED"), "403");
  EXPECT_EQ(m.names("?image=i1"), "web-1 ");
  EXPECT_EQ(m.names("?image=none"), "");
  EXPECT_EQ(m.names("?flavor=f1"), "Db web-1 ");
  EXPECT_EQ(m.names("?host=host1"), "Db web-22 web-1 ");  // not for members to ask
  EXPECT_EQ(m.names("?host=host1", 1, "admin"), "web-22 ");
  EXPECT_EQ(m.names("?ip=10.0.0.5"), "web-22 web-1 ");
  EXPECT_EQ(m.names("?ip=10.0.0.5%24"), "web-1 ");
  EXPECT_EQ(m.names("?ip=172"), "");
  EXPECT_EQ(m.names("?ip6=fd00", 5), "web-22 ");
  EXPECT_EQ(m.names("?tags=a,b", 26), "web-1 ");
  EXPECT_EQ(m.names("?tags=b", 26), "web-22 web-1 ");
  EXPECT_EQ(m.names("?tags-any=a,x", 26), "web-1 ");
  EXPECT_EQ(m.names("?not-tags=a,b", 26), "Db web-22 ");
  EXPECT_EQ(m.names("?not-tags-any=a", 26), "Db web-22 ");
  EXPECT_EQ(m.names("?tags=a", 25), "Db web-22 web-1 ");
  EXPECT_EQ(m.names("?locked=true", 73), "web-1 ");
  EXPECT_EQ(m.names("?locked=true", 72), "Db web-22 web-1 ");
  EXPECT_EQ(m.names("?reservation_id=r-1"), "web-1 ");
  EXPECT_EQ(m.names("?key_name=k", 82), "Db web-22 web-1 ");
  EXPECT_EQ(m.names("?key_name=k", 83), "Db ");
  EXPECT_EQ(m.names("?description=data", 1, "admin"), "Db ");
  EXPECT_EQ(m.names("?uuid=" + m.made[1], 1, "admin"), "web-22 ");
  EXPECT_EQ(m.names("?all_tenants=1"), "403");
  EXPECT_EQ(m.names("", 1, "foreign"), "");
  EXPECT_EQ(m.names("?changes-since=2099-01-01T00:00:00Z"), "");
  EXPECT_EQ(m.names("?changes-before=2000-01-01T00:00:00Z", 66), "");
  EXPECT_EQ(m.names("?changes-since=2020-01-02&changes-before=2020-01-01", 66), "400");
}

TEST(ServerLists, SortedByManyKeysAndPaged) {
  Many m;
  for (const char* name : {"b", "a", "c", "a"}) {
    m.make(name, [&](Server& s) { s.host = m.made.size() % 2 ? "h1" : "h2"; });
  }
  EXPECT_EQ(m.names("?sort_key=display_name&sort_dir=asc"), "a a b c ");
  EXPECT_EQ(m.names("?sort_key=host&sort_dir=asc&sort_key=display_name&sort_dir=desc"), "a a c b ");
  EXPECT_EQ(m.names("?sort_dir=asc"), "b a c a ");
  EXPECT_EQ(m.names("?limit=0"), "");
  EXPECT_EQ(m.names("?sort_key=nonsense"), "400");
  EXPECT_EQ(m.names("?sort_key=uuid&sort_dir=up"), "400");
  // Every page of every order, and no server twice.
  for (const char* order : {"", "&sort_key=display_name&sort_dir=asc", "&sort_key=host",
                            "&sort_key=created_at&sort_dir=asc"}) {
    std::string all, marker;
    for (int page = 0; page < 5; ++page) {
      Json body = body_of(m.w.send("GET", "/v2.1/servers?limit=1" + marker + order, "member"));
      if (body["servers"].size() == 0) break;
      all += body["servers"].at(0)["name"].as_string() + " ";
      marker = "&marker=" + body["servers"].at(0)["id"].as_string();
    }
    std::string query = *order ? "?" + std::string(order + 1) : "";
    EXPECT_EQ(all, m.names(query)) << order;
  }
}

// The index follows the rows through writes, deletes, purges and a restart.
TEST(ServerLists, TheIndexIsTheRows) {
  Many m;
  Server one = m.make("one"), two = m.make("two");
  EXPECT_EQ(m.names(""), "two one ");
  ASSERT_TRUE(m.w.control->database->write([&](db::Session& s) {
    one.name = "renamed";
    one.tags = R"(["t"])";
    save_server(s, one);
  }));
  EXPECT_EQ(m.names("?name=renamed&tags=t", 26), "renamed ");
  EXPECT_EQ(m.names("?name=one"), "");
  // What is rolled back was never there.
  auto undone = m.w.control->database->write([&](db::Session& s) -> Status {
    two.name = "ghost";
    save_server(s, two);
    return conflict("no");
  });
  EXPECT_FALSE(undone);
  EXPECT_EQ(m.names("?name=ghost"), "");
  two.name = "two";
  ASSERT_TRUE(m.w.control->database->write([&](db::Session& s) {
    two.deleted = true;
    two.vm_state = VmState::deleted;
    two.terminated_us = two.updated_us = m.w.clock.now_us();
    save_server(s, two);
  }));
  EXPECT_EQ(m.names(""), "renamed ");
  EXPECT_EQ(m.names("?deleted=true", 1, "admin"), "two ");
  EXPECT_EQ(m.names("?changes-since=2000-01-01"), "two renamed ");
  m.w.restart();
  EXPECT_EQ(m.names(""), "renamed ");
  ASSERT_TRUE(m.w.control->database->write(
      [&](db::Session& s) { purge_deleted(s, m.w.clock.now_us() + kSecondUs); }));
  EXPECT_EQ(m.names("?deleted=true", 1, "admin"), "");
  EXPECT_EQ(m.w.control->app.index->size(), 1u);
}

}  // namespace nuri::compute::test
