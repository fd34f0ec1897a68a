#include "services/feed/feed.h"

namespace nuri::feed {

namespace {

int64_t next_revision(db::Session& s) {
  auto made = s.one("UPDATE feed_state SET revision=revision+1 WHERE one=1 RETURNING revision", {},
                    [](const db::Row& r) { return r.i64(0); });
  if (made) return *made;
  // The epoch only has to differ between databases: 16 random bytes made once.
  s.exec("INSERT INTO feed_state (one, revision, epoch) VALUES (1, 1, ?1)", {SystemRandom().hex(16)});
  return 1;
}

struct Stored {
  int64_t revision;
  std::optional<std::string> spec;
};

std::optional<Stored> stored(db::Session& s, std::string_view host, std::string_view kind, std::string_view id) {
  return s.one("SELECT revision, spec FROM feed_desired WHERE host=?1 AND kind=?2 AND id=?3", {host, kind, id},
               [](const db::Row& r) { return Stored{r.i64(0), r.opt_text(1)}; });
}

}  // namespace

void Feed::bump(db::Session& s) {
  s.after_commit([this] {
    {
      std::lock_guard lock(mutex_);
      ++generation_;
    }
    changed_.notify_all();
  });
}

int64_t Feed::put(db::Session& s, std::string_view host, std::string_view kind, std::string_view id, const Json& spec) {
  std::string text = spec.dump();
  auto now = stored(s, host, kind, id);
  if (now && now->spec == text) return now->revision;
  int64_t revision = next_revision(s);
  s.exec("INSERT INTO feed_desired (host, kind, id, revision, spec) VALUES (?1, ?2, ?3, ?4, ?5)"
         " ON CONFLICT (host, kind, id) DO UPDATE SET revision=excluded.revision, spec=excluded.spec",
         {host, kind, id, revision, text});
  bump(s);
  return revision;
}

void Feed::remove(db::Session& s, std::string_view host, std::string_view kind, std::string_view id) {
  auto now = stored(s, host, kind, id);
  if (!now || !now->spec) return;
  s.exec("UPDATE feed_desired SET revision=?4, spec=NULL WHERE host=?1 AND kind=?2 AND id=?3", {host, kind, id, next_revision(s)});
  bump(s);
}

bool Feed::wanted(db::Session& s, std::string_view host, std::string_view kind, std::string_view id) {
  auto now = stored(s, host, kind, id);
  return now && now->spec;
}

bool Feed::gone(db::Session& s, std::string_view host, std::string_view kind, std::string_view id) {
  return !stored(s, host, kind, id);
}

std::optional<Json> Feed::observed(db::Session& s, std::string_view host, std::string_view kind, std::string_view id) {
  auto state = s.one("SELECT state FROM feed_observed WHERE host=?1 AND kind=?2 AND id=?3", {host, kind, id},
                     [](const db::Row& r) { return r.json(0); });
  if (state && std::as_const(*state)["absent"].as_bool()) return std::nullopt;
  return state;
}

// What an agent that has seen `after` of `epoch` does not know yet.
Result<Json> Feed::changes(const std::string& host, int64_t after, const std::string& epoch) {
  return db_.read([&](db::Session& s) {
    Json out = Json::object();
    int64_t revision = 0;
    std::string now_epoch;
    s.each("SELECT revision, epoch FROM feed_state WHERE one=1", {}, [&](const db::Row& r) {
      revision = r.i64(0);
      now_epoch = r.text(1);
    });
    bool full = after == 0 || epoch != now_epoch || after > revision;
    Json items = Json::array();
    s.each("SELECT kind, id, revision, spec FROM feed_desired WHERE host=?1 AND revision>?2 ORDER BY revision", {host, full ? 0 : after},
           [&](const db::Row& r) {
             items.push_back(Json::object({{"kind", r.text(0)}, {"id", r.text(1)}, {"revision", r.i64(2)}, {"spec", r.json(3)}}));
           });
    out.set("epoch", now_epoch).set("revision", revision).set("full", full).set("items", std::move(items));
    return out;
  });
}

}  // namespace nuri::feed
