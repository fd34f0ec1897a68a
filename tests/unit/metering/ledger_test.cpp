#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "metering/store/ledger_store.h"
#include "metering/store/puller.h"
#include "services/base/random.h"
#include "tests/support/temp_dir.h"

// The ledger against sources that are late, repeat themselves and die half-way.
namespace nuri::metering {
namespace {

class Ledger : public ::testing::Test {
 protected:
  Ledger() { open(); }
  void open() {
    db.reset();
    db = std::move(db::Database::open({dir.file("metering.db")})).value();
    EXPECT_TRUE(db->migrate("metering", store::kMigrations));
  }
  UsageEvent event(int64_t number, TimeUs at, const std::string& type, const std::string& id = "r",
                   const std::string& data = R"({"size_gib":1})") {
    return {number, at, type, "p", "u", "volume", id, parse_json(data).value()};
  }
  int64_t take(std::vector<UsageEvent> events, const std::string& source = "storage") {
    return db->write([&](db::Session& s) { return store::take(s, source, events); }).value();
  }
  std::string intervals(const std::string& id = "r") {
    std::string out;
    for (const auto& i : db->read([&](db::Session& s) {
                             return store::of_resource(s, "volume", id, "");
                           }).value()) {
      out += std::to_string(i.begin_us) + "-" + (i.end_us ? std::to_string(*i.end_us) : "") + " ";
    }
    return out;
  }
  store::Check check() {
    return db->read([](db::Session& s) { return store::check_chain(s); }).value();
  }

  test::TempDir dir;
  std::unique_ptr<db::Database> db;
};

TEST_F(Ledger, BeginChangeEnd) {
  EXPECT_EQ(take({event(1, 100, "begin"), event(2, 200, "change"), event(3, 300, "end")}), 3);
  EXPECT_EQ(intervals(), "100-200 200-300 ");
  EXPECT_EQ(check().entries, 4);
  EXPECT_FALSE(check().broken_at);
}

TEST_F(Ledger, DoubledLateAndReorderedBatches) {
  std::vector<UsageEvent> all = {event(1, 100, "begin"), event(2, 200, "change"),
                                 event(3, 300, "end"), event(4, 400, "begin")};
  EXPECT_EQ(take({all[2], all[3]}), 0);  // what comes before them is not here yet
  EXPECT_EQ(take({all[1], all[0]}), 2);
  EXPECT_EQ(take({all[0], all[1]}), 0);
  EXPECT_EQ(take({all[3], all[2], all[1], all[1], all[0]}), 2);
  EXPECT_EQ(intervals(), "100-200 200-300 400- ");
  EXPECT_EQ(check().entries, 5);
}

TEST_F(Ledger, ClocksThatJump) {
  take({event(1, 1000, "begin"), event(2, 500, "change"), event(3, 900, "end"),
        event(4, 700, "begin"), event(5, 2000, "end")});
  EXPECT_EQ(intervals(), "1000-1000 1000-1000 1000-2000 ");
}

TEST_F(Ledger, EventsThatDoNotFit) {
  take({event(1, 100, "end"), event(2, 150, "change"), event(3, 200, "begin"), event(4, 300, "end"),
        event(5, 400, "change"), event(6, 500, "end")});
  EXPECT_EQ(intervals(), "150-200 200-300 ");
}

TEST_F(Ledger, SourcesCountForThemselves) {
  take({event(1, 100, "begin", "a")}, "storage");
  take({event(1, 100, "begin", "b")}, "compute");
  EXPECT_EQ(intervals("a"), "100- ");
  EXPECT_EQ(intervals("b"), "100- ");
}

TEST_F(Ledger, AChangedEntryShows) {
  take({event(1, 100, "begin"), event(2, 200, "change"), event(3, 300, "end"),
        event(4, 400, "begin")});
  std::string head = check().head;
  for (const char* tamper :
       {"UPDATE ledger SET at_us=at_us+1 WHERE number=2",
        "UPDATE ledger SET project_id='q' WHERE number=2",
        "UPDATE ledger SET data='{}' WHERE number=3", "DELETE FROM ledger WHERE number=2"}) {
    Status undone = db->write([&](db::Session& s) -> Status {
      s.exec(tamper);
      EXPECT_TRUE(store::check_chain(s).broken_at) << tamper;
      return conflict("undo");
    });
    EXPECT_FALSE(undone);
  }
  EXPECT_FALSE(check().broken_at);
  EXPECT_EQ(check().head, head);
}

// An outbox with any history, read by a puller through a network that loses answers, repeats pages
// and shuffles them, with the process killed around the commit. The sums must be the truth's.
struct World {
  std::vector<Json> outbox;
  std::map<std::string, std::vector<std::tuple<TimeUs, TimeUs, int64_t>>>
      truth;  // id -> begin, end, size

  World(SeededRandom& random, TimeUs end) {
    struct Running {
      TimeUs begin;
      int64_t size;
    };
    std::map<std::string, Running> running;
    TimeUs now = kSecondUs;
    for (int i = 0; i < 300; ++i) {
      now += static_cast<TimeUs>(random.below(10 * kSecondUs));
      std::string id = "r" + std::to_string(random.below(12));
      auto found = running.find(id);
      int64_t size = 1 + static_cast<int64_t>(random.below(9));
      if (found == running.end()) {
        emit(now, "begin", id, size);
        running[id] = {now, size};
        continue;
      }
      truth[id].emplace_back(found->second.begin, now, found->second.size);
      bool ends = random.below(3) == 0;
      emit(now, ends ? "end" : "change", id, size);
      if (ends)
        running.erase(found);
      else
        found->second = {now, size};
    }
    for (const auto& [id, r] : running) truth[id].emplace_back(r.begin, end, r.size);
  }
  void emit(TimeUs at, const std::string& type, const std::string& id, int64_t size) {
    outbox.push_back(Json::object({{"number", outbox.size() + 1},
                                   {"at_us", at},
                                   {"type", type},
                                   {"project_id", "p"},
                                   {"user_id", "u"},
                                   {"resource_type", "volume"},
                                   {"resource_id", id},
                                   {"data", Json::object({{"size_gib", size}})}}));
  }
};

TEST_F(Ledger, SumsAreTheTruthWhateverTheNetworkDoes) {
  const TimeUs end = 10'000 * kSecondUs;
  auto prices =
      read_price_list(
          parse_json(R"({"price":[{"meter":"volume","rate_per_hour":"0.0123456789"}]})").value())
          .value();
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SeededRandom random(seed);
    World world(random, end);
    std::string source = "source" + std::to_string(seed);
    struct Killed {};
    auto fetch = [&](int64_t after, int64_t) -> Result<Json> {
      if (random.below(5) == 0) return unavailable("lost");
      int64_t from =
          std::max<int64_t>(0, after - static_cast<int64_t>(random.below(10)));  // doubled
      int64_t to = std::min<int64_t>(static_cast<int64_t>(world.outbox.size()),
                                     after + 1 + static_cast<int64_t>(random.below(20)));
      std::vector<Json> items(world.outbox.begin() + from, world.outbox.begin() + to);
      for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
      if (random.below(6) == 0 && !items.empty()) items.pop_back();  // a gap
      return Json::object({{"events", Json(items)}});
    };
    Puller puller(*db, {});
    for (int i = 0; i < 5000; ++i) {
      if (random.below(8) == 0) {
        // Killed inside the transaction: what it wrote is undone.
        Json page = fetch(0, 1).value_or(Json::object());
        EXPECT_FALSE(db->write([&](db::Session& s) -> Status {
          std::vector<UsageEvent> events;
          for (const Json& e : world.outbox) events.push_back(read_event(e).value());
          store::take(s, source, events);
          return conflict("killed");
        }));
      }
      auto pulled = puller.pull({source, fetch});
      int64_t taken = db->read([&](db::Session& s) { return store::taken(s, source); }).value();
      if (taken == static_cast<int64_t>(world.outbox.size())) break;
    }
    for (const auto& [id, segments] : world.truth) {
      auto found =
          db->read([&](db::Session& s) { return store::of_resource(s, "volume", id, ""); }).value();
      ASSERT_EQ(found.size(), segments.size()) << id;
      // The truth without our arithmetic: micros x GiB, scaled to 10^-9 of the currency and
      // rounded.
      __int128 used = 0;
      Amount sum;
      for (size_t i = 0; i < segments.size(); ++i) {
        auto [from, to, size] = segments[i];
        used += static_cast<__int128>(to - from) * size;
        EXPECT_EQ(found[i].begin_us, from);
        EXPECT_EQ(found[i].end_us.value_or(end), to);  // no gap, no overlap
        for (const Line& l : rate_interval({{0, prices}}, found[i], 0, end)) sum += l.amount;
      }
      // 0.0123456789 an hour = 123456789 x 10^-10; nano = used x 12345678.9 / 3.6e9
      __int128 nano =
          (used * 123456789 * 2 + 36'000'000'000) / (2 * static_cast<__int128>(36'000'000'000));
      std::string text = std::to_string(static_cast<int64_t>(nano % 1'000'000'000));
      text = std::to_string(static_cast<int64_t>(nano / 1'000'000'000)) + "." +
             std::string(9 - text.size(), '0') + text;
      EXPECT_EQ(sum.str(), text) << id;
    }
    EXPECT_FALSE(check().broken_at);
    ASSERT_TRUE(db->write([](db::Session& s) {
      s.exec("DELETE FROM ledger");
      s.exec("DELETE FROM intervals");
    }));
  }
}

TEST_F(Ledger, MalformedEventsAreRefusedWhole) {
  for (const char* bad :
       {"{}", R"({"number":1,"at_us":1,"type":"explode","resource_type":"v","resource_id":"r"})",
        R"({"number":0,"at_us":1,"type":"begin","resource_type":"v","resource_id":"r"})",
        R"({"number":1,"at_us":1,"type":"begin","resource_type":"","resource_id":"r"})"}) {
    Puller puller(*db, {});
    auto pulled =
        puller.pull({"s", [&](int64_t, int64_t) -> Result<Json> {
                       return Json::object({{"events", Json::array({parse_json(bad).value()})}});
                     }});
    ASSERT_FALSE(pulled) << bad;
    EXPECT_EQ(pulled.error().code, ErrorCode::bad_gateway);
  }
  EXPECT_EQ(check().entries, 0);
}

TEST_F(Ledger, AGapInTheOutboxIsSaid) {
  Json late = Json::object({{"number", 7},
                            {"at_us", 1},
                            {"type", "begin"},
                            {"resource_type", "volume"},
                            {"resource_id", "r"}});
  Puller puller(*db, {});
  auto pulled = puller.pull({"s", [&](int64_t, int64_t) -> Result<Json> {
                               return Json::object({{"events", Json::array({late})}});
                             }});
  ASSERT_FALSE(pulled);
  EXPECT_NE(pulled.error().message.find("event 1 is missing"), std::string::npos);
}

TEST_F(Ledger, ThreadsPullAndStop) {
  Json first = Json::object({{"number", 1},
                             {"at_us", 5},
                             {"type", "begin"},
                             {"resource_type", "volume"},
                             {"resource_id", "r"}});
  Puller puller(
      *db, {{"good",
             [&](int64_t after, int64_t) -> Result<Json> {
               return Json::object({{"events", after == 0 ? Json::array({first}) : Json::array()}});
             }},
            {"bad", [](int64_t, int64_t) -> Result<Json> { return unavailable("down"); }}});
  puller.start();
  for (int i = 0; i < 5000 && intervals().empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  puller.stop();
  EXPECT_EQ(intervals(), "5- ");
}

}  // namespace
}  // namespace nuri::metering
