#include "tests/unit/compute/world.h"

// Compute is killed at each point of each step of a server's life, comes back from its database,
// and the life goes on to its end with nothing left over.
namespace nuri::compute::test {

namespace {

struct Crash {};

// Compute dies at the nth point its tasks pass; never again after that.
struct KillAt {
  World& w;
  int left;
  bool killed = false;
  std::string where;
  KillAt(World& world, int n) : w(world), left(n) {
    w.at_point = [this](const tasks::Task& t, tasks::CrashPoint p) {
      if (killed || --left > 0) return;
      killed = true;
      where = t.step + " point " + std::to_string(static_cast<int>(p));
      throw Crash{};
    };
  }
};

bool run(World& w, const std::function<bool()>& over) {
  for (int tries = 0; tries < 5; ++tries) {
    try {
      return w.run_until(over);
    } catch (const Crash&) {
      w.restart();
    }
  }
  return false;
}

std::string attachment_state(World& w, const std::string& id) {
  return w.control->database
      ->read([&](db::Session& s) {
        auto v = find_volume(s, id, kVolume);
        return v ? v->state : std::string("none");
      })
      .value_or("?");
}

// Boots, has a volume attached and taken away, stops, is deleted.
void live(World& w) {
  std::string id = w.create_server();
  ASSERT_TRUE(run(w, [&] { return w.status(id) == "ACTIVE"; })) << w.show(id).dump();
  Json wish = Json::object({{"volumeAttachment", Json::object({{"volumeId", kVolume}})}});
  ASSERT_EQ(w.send("POST", "/v2.1/servers/" + id + "/os-volume_attachments", "member", wish).status,
            200);
  ASSERT_TRUE(run(w, [&] { return attachment_state(w, id) == "attached"; }));
  EXPECT_EQ(w.storage.volumes[kVolume]["status"].as_string(), "in-use");
  ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id + "/os-volume_attachments/" + kVolume, "member")
                .status,
            202);
  ASSERT_TRUE(run(w, [&] { return attachment_state(w, id) == "none"; }));
  EXPECT_TRUE(w.storage.attachments.empty());
  ASSERT_EQ(w.send("POST", "/v2.1/servers/" + id + "/action", "member",
                   Json::object({{"os-stop", Json()}}))
                .status,
            202);
  ASSERT_TRUE(run(w, [&] { return w.status(id) == "SHUTOFF"; }));
  ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  ASSERT_TRUE(run(w, [&] { return w.status(id) == "gone"; }));
  w.expect_nothing_left();
}

}  // namespace

TEST(ServerCrash, AtEachPointOfALife) {
  int n = 1;
  for (; n < 500; ++n) {
    World w;
    KillAt kill(w, n);
    live(w);
    ASSERT_FALSE(HasFatalFailure() || HasNonfatalFailure())
        << "killed at " << n << ": " << kill.where;
    if (!kill.killed) break;
  }
  EXPECT_GT(n, 30);  // three points of each of a dozen runs of steps
  EXPECT_LT(n, 500);
}

// The delete comes at each point of a life with a volume, and compute dies right then.
TEST(ServerCrash, DeletedAtEachPointOfALife) {
  for (bool die : {false, true}) {
    int n = 1;
    for (; n < 500; ++n) {
      World w;
      std::string id = w.create_server();
      int left = n;
      bool deleted = false;
      w.at_point = [&](const tasks::Task&, tasks::CrashPoint) {
        if (deleted || --left > 0) return;
        deleted = true;
        ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
        if (die) throw Crash{};
      };
      ASSERT_TRUE(run(w, [&] { return deleted || w.status(id) == "ACTIVE"; }));
      if (!deleted) {
        Json wish = Json::object({{"volumeAttachment", Json::object({{"volumeId", kVolume}})}});
        ASSERT_EQ(
            w.send("POST", "/v2.1/servers/" + id + "/os-volume_attachments", "member", wish).status,
            200);
        ASSERT_TRUE(run(w, [&] { return deleted || attachment_state(w, id) == "attached"; }));
      }
      if (!deleted) break;
      ASSERT_TRUE(run(w, [&] { return w.status(id) == "gone"; })) << "deleted at point " << n;
      w.expect_nothing_left();
      ASSERT_FALSE(HasFatalFailure() || HasNonfatalFailure())
          << "deleted at point " << n << (die ? " with a crash" : "");
    }
    EXPECT_GT(n, 15);
    EXPECT_LT(n, 500);
  }
}

namespace {

struct Step {
  const char* body;
  const char* status;
};

// A life with every action that has more than one part.
const std::vector<Step>& long_life() {
  static const std::vector<Step> kSteps = {
      {R"({"rebuild": {"imageRef": "bbbbbbbb-0000-4000-8000-000000000001"}})", "ACTIVE"},
      {R"({"resize": {"flavorRef": "2"}})", "VERIFY_RESIZE"},
      {R"({"revertResize": null})", "ACTIVE"},
      {R"({"resize": {"flavorRef": "2"}})", "VERIFY_RESIZE"},
      {R"({"confirmResize": null})", "ACTIVE"},
      {R"({"createImage": {"name": "snap"}})", "ACTIVE"},
      {R"({"suspend": null})", "SUSPENDED"},
      {R"({"resume": null})", "ACTIVE"},
      {R"({"rescue": null})", "RESCUE"},
      {R"({"unrescue": null})", "ACTIVE"},
      {R"({"shelve": null})", "SHELVED_OFFLOADED"},
      {R"({"unshelve": null})", "ACTIVE"},
  };
  return kSteps;
}

bool at_rest(World& w, const std::string& id, const char* status) {
  return w.status(id) == status && w.show(id)["OS-EXT-STS:task_state"].is_null();
}

int64_t unfinished(World& w) {
  return w.count("SELECT count(*) FROM actions WHERE finish_us=0");
}

// Boots from a volume that is made of an image, beside the one with a disk of its own.
std::string create_from_volume(World& w) {
  Json device = Json::object({{"source_type", "image"},
                              {"destination_type", "volume"},
                              {"uuid", kImage},
                              {"boot_index", 0},
                              {"volume_size", 1},
                              {"delete_on_termination", true}});
  return w.create_server(
      Json::object({{"imageRef", ""}, {"block_device_mapping_v2", Json::array({device})}}));
}

}  // namespace

TEST(ServerCrash, AtEachPointOfALongLife) {
  int n = 1;
  for (; n < 1500; ++n) {
    World w;
    w.add_flavor("2", 1024, 2, 2);
    KillAt kill(w, n);
    std::string id = w.create_server();
    ASSERT_TRUE(run(w, [&] { return w.status(id) == "ACTIVE"; }));
    for (const Step& step : long_life()) {
      auto r = w.send_raw("POST", "/v2.1/servers/" + id + "/action", "member", step.body);
      ASSERT_LT(r.status, 300) << step.body << r.body << kill.where;
      ASSERT_TRUE(run(w, [&] { return at_rest(w, id, step.status); }))
          << step.body << " " << kill.where << w.show(id).dump();
      EXPECT_EQ(unfinished(w), 0) << step.body;
    }
    ASSERT_TRUE(run(w, [&] { return w.image.images.size() == 2; })) << "the snapshot stays";
    ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
    ASSERT_TRUE(run(w, [&] { return w.status(id) == "gone"; }));
    w.expect_nothing_left();
    ASSERT_FALSE(HasFatalFailure() || HasNonfatalFailure())
        << "killed at " << n << ": " << kill.where;
    if (!kill.killed) break;
  }
  EXPECT_GT(n, 100);
  EXPECT_LT(n, 1500);
}

TEST(ServerCrash, DeletedAtEachPointOfALongLife) {
  int n = 1;
  for (; n < 1500; ++n) {
    World w;
    w.add_flavor("2", 1024, 2, 2);
    std::string id = w.create_server();
    int left = n;
    bool deleted = false;
    w.at_point = [&](const tasks::Task&, tasks::CrashPoint) {
      if (deleted || --left > 0) return;
      deleted = true;
      ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
      throw Crash{};
    };
    ASSERT_TRUE(run(w, [&] { return deleted || w.status(id) == "ACTIVE"; }));
    for (const Step& step : long_life()) {
      if (deleted) break;
      auto r = w.send_raw("POST", "/v2.1/servers/" + id + "/action", "member", step.body);
      ASSERT_LT(r.status, 300) << step.body << r.body;
      ASSERT_TRUE(run(w, [&] { return deleted || at_rest(w, id, step.status); })) << step.body;
    }
    if (!deleted) break;
    ASSERT_TRUE(run(w, [&] { return w.status(id) == "gone"; })) << "deleted at point " << n;
    w.expect_nothing_left();
    for (const auto& [image, what] : w.image.images)
      EXPECT_TRUE(image == kImage || what["name"].as_string() == "snap") << what.dump();
    ASSERT_FALSE(HasFatalFailure() || HasNonfatalFailure()) << "deleted at point " << n;
  }
  EXPECT_GT(n, 100);
  EXPECT_LT(n, 1500);
}

TEST(ServerCrash, AtEachPointOfABootFromAVolume) {
  for (bool del : {false, true}) {
    int n = 1;
    for (; n < 300; ++n) {
      World w;
      std::string id = create_from_volume(w);
      int left = n;
      bool killed = false, ending = false;
      w.at_point = [&](const tasks::Task&, tasks::CrashPoint) {
        if (killed || (del && ending) || --left > 0) return;
        killed = true;
        if (del) {
          ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
        }
        throw Crash{};
      };
      ASSERT_TRUE(run(w, [&] { return (del && killed) || w.status(id) == "ACTIVE"; }));
      if (!del || !killed) {
        ending = true;
        ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
      }
      ASSERT_TRUE(run(w, [&] { return w.status(id) == "gone"; })) << "at point " << n;
      w.expect_nothing_left();
      EXPECT_EQ(w.storage.volumes.size(), 1u) << "the one made goes with its server";
      ASSERT_FALSE(HasFatalFailure() || HasNonfatalFailure()) << "at point " << n;
      if (!killed) break;
    }
    EXPECT_GT(n, 12);
    EXPECT_LT(n, 300);
  }
}

TEST(ServerCrash, DeletedWhileTheNetworkIsAway) {
  World w;
  std::string id = w.create_server();
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; }));
  w.network.away = true;
  ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  EXPECT_FALSE(w.run_until([&] { return w.status(id) == "gone"; }, 60));
  EXPECT_EQ(w.count("SELECT count(*) FROM ledger_claims WHERE book='host'"), 3);
  w.network.away = false;
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
  w.expect_nothing_left();
}

TEST(ServerCrash, DeletedWhileTheHostIsDead) {
  World w;
  std::string id = w.create_server();
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; }));
  w.agent.dead = true;
  ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  EXPECT_FALSE(w.run_until([&] { return w.status(id) == "gone"; }, 30));
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }, 120));
  // The host comes back and still learns that the server is not wanted.
  w.agent.dead = false;
  w.run_until([&] { return w.agent.servers.empty(); });
  w.expect_nothing_left();
}

}  // namespace nuri::compute::test
