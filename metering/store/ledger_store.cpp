#include "metering/store/ledger_store.h"

#include <algorithm>

#include "services/auth/token.h"
#include "services/base/log.h"

namespace nuri::metering::store {

const std::vector<db::Migration> kMigrations = {
    {1, R"sql(
CREATE TABLE ledger (
  number BIGINT PRIMARY KEY,
  source TEXT NOT NULL,
  event BIGINT NOT NULL,
  kind TEXT NOT NULL,
  opened_by BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  data TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE TABLE intervals (
  opened_by BIGINT PRIMARY KEY,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  begin_us BIGINT NOT NULL,
  end_us BIGINT,
  data TEXT NOT NULL
);
CREATE INDEX intervals_resource ON intervals (resource_id, begin_us);
CREATE INDEX intervals_project ON intervals (project_id, begin_us);
CREATE TABLE sources (
  name TEXT PRIMARY KEY,
  taken BIGINT NOT NULL
);
CREATE TABLE price_lists (
  from_us BIGINT PRIMARY KEY,
  config TEXT NOT NULL
);
)sql"},
};

namespace {

const std::string kIntervalColumns =
    "SELECT opened_by, resource_type, resource_id, project_id, user_id, begin_us, end_us, data "
    "FROM intervals";
const std::string kEntryColumns =
    "SELECT number, source, event, kind, opened_by, at_us, resource_type, resource_id, project_id, "
    "user_id, data, hash FROM ledger";

Interval interval_of(const db::Row& r) {
  return {r.i64(0), r.text(1), r.text(2), r.text(3), r.text(4), r.i64(5), r.opt_i64(6), r.json(7)};
}

Entry entry_of(const db::Row& r) {
  Entry e{r.i64(0),  r.text(1), r.i64(2),  r.text(3), r.i64(4),   r.i64(5),
          r.text(6), r.text(7), r.text(8), r.text(9), r.json(10), r.text(11)};
  return e;
}

struct Head {
  int64_t number = 0;
  std::string hash;
};
Head head(db::Session& s) {
  return s
      .one("SELECT number, hash FROM ledger ORDER BY number DESC LIMIT 1", {},
           [](const db::Row& r) {
             return Head{r.i64(0), r.text(1)};
           })
      .value_or(Head{});
}

int64_t append(db::Session& s, Entry e) {
  Head last = head(s);
  e.number = last.number + 1;
  if (e.kind == "open") e.opened_by = e.number;
  e.hash = entry_hash(last.hash, e);
  s.exec(
      "INSERT INTO ledger (number, source, event, kind, opened_by, at_us, resource_type, "
      "resource_id, project_id, user_id, data, hash)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      {e.number, e.source, e.event, e.kind, e.opened_by, e.at_us, e.resource_type, e.resource_id,
       e.project_id, e.user_id, e.data, e.hash});
  return e.number;
}

Known known(db::Session& s, const UsageEvent& e) {
  Known out;
  const std::string where = " WHERE resource_id=?1 AND resource_type=?2";
  out.open = s.one(kIntervalColumns + where + " AND end_us IS NULL",
                   {e.resource_id, e.resource_type}, interval_of);
  s.each("SELECT max(end_us) FROM intervals" + where, {e.resource_id, e.resource_type},
         [&](const db::Row& r) { out.last_end_us = r.opt_i64(0); });
  return out;
}

void apply(db::Session& s, std::string_view source, const UsageEvent& e) {
  Known before = known(s, e);
  Decision d = decide(before, e);
  if (!d.remark.empty()) {
    log::warning(d.remark, {{"source", source},
                            {"event", e.number},
                            {"type", e.resource_type},
                            {"resource", e.resource_id}});
  }
  Entry entry{0,
              std::string(source),
              e.number,
              "",
              0,
              0,
              e.resource_type,
              e.resource_id,
              e.project_id,
              e.user_id,
              {},
              ""};
  if (d.close_at_us) {
    entry.kind = "close";
    entry.opened_by = before.open->opened_by;
    entry.at_us = *d.close_at_us;
    entry.project_id = before.open->project_id;
    append(s, entry);
    s.exec("UPDATE intervals SET end_us=?2 WHERE opened_by=?1",
           {before.open->opened_by, *d.close_at_us});
  }
  if (!d.open_at_us) return;
  entry.kind = "open";
  entry.at_us = *d.open_at_us;
  entry.project_id = e.project_id;
  entry.data = e.data;
  int64_t number = append(s, entry);
  s.exec(
      "INSERT INTO intervals (opened_by, resource_type, resource_id, project_id, user_id, "
      "begin_us, end_us, data)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)",
      {number, e.resource_type, e.resource_id, e.project_id, e.user_id, *d.open_at_us, e.data});
}

}  // namespace

int64_t taken(db::Session& s, std::string_view source) {
  return s
      .one("SELECT taken FROM sources WHERE name=?1", {source},
           [](const db::Row& r) { return r.i64(0); })
      .value_or(0);
}

int64_t take(db::Session& s, std::string_view source, std::vector<UsageEvent> events) {
  std::sort(events.begin(), events.end(),
            [](const UsageEvent& a, const UsageEvent& b) { return a.number < b.number; });
  int64_t last = taken(s, source), first = last;
  for (const UsageEvent& e : events) {
    if (e.number <= last) continue;
    if (e.number != last + 1) break;  // outboxes number without gaps
    apply(s, source, e);
    last = e.number;
  }
  if (last != first) {
    s.exec(
        "INSERT INTO sources (name, taken) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET "
        "taken=excluded.taken",
        {source, last});
  }
  return last - first;
}

std::vector<Entry> entries(db::Session& s, int64_t after, int64_t limit) {
  return s.all(kEntryColumns + " WHERE number>?1 ORDER BY number LIMIT ?2", {after, limit},
               entry_of);
}

// Canonical: a JSON array of the columns in their order, compact.
std::string entry_hash(std::string_view previous, const Entry& e) {
  Json row = Json::array({e.number, e.source, e.event, e.kind, e.opened_by, e.at_us,
                          e.resource_type, e.resource_id, e.project_id, e.user_id, e.data.dump()});
  return auth::sha256_hex(std::string(previous) + row.dump());
}

Check check_chain(db::Session& s) {
  Check out;
  s.each(kEntryColumns + " ORDER BY number", {}, [&](const db::Row& r) {
    Entry e = entry_of(r);
    bool fits = e.number == out.entries + 1 && e.hash == entry_hash(out.head, e);
    if (!fits && !out.broken_at) out.broken_at = e.number;
    ++out.entries;
    out.head = e.hash;
  });
  return out;
}

std::vector<Interval> of_resource(db::Session& s, std::string_view resource_type,
                                  std::string_view resource_id, std::string_view project_id) {
  return s.all(kIntervalColumns +
                   " WHERE resource_id=?1 AND (?2='' OR resource_type=?2) AND (?3='' OR "
                   "project_id=?3) ORDER BY begin_us, opened_by",
               {resource_id, resource_type, project_id}, interval_of);
}

std::vector<Interval> of_project(db::Session& s, std::string_view project_id, TimeUs from_us,
                                 TimeUs to_us) {
  return s.all(kIntervalColumns +
                   " WHERE project_id=?1 AND begin_us<?3 AND (end_us IS NULL OR end_us>?2) ORDER "
                   "BY begin_us, opened_by",
               {project_id, from_us, to_us}, interval_of);
}

std::vector<DatedList> price_lists(db::Session& s) {
  std::vector<DatedList> out;
  s.each("SELECT from_us, config FROM price_lists ORDER BY from_us", {}, [&](const db::Row& r) {
    auto list = read_price_list(r.json(1));
    if (list) out.push_back({r.i64(0), std::move(*list)});
  });
  return out;
}

// Kept whole, defaults included: what was charged does not change with a later version's defaults.
void put_price_list(db::Session& s, const PriceList& list, TimeUs now_us) {
  Json config = price_list_config(list);
  auto newest = s.one("SELECT from_us, config FROM price_lists ORDER BY from_us DESC LIMIT 1", {},
                      [](const db::Row& r) { return std::pair(r.i64(0), r.json(1)); });
  if (newest && newest->second == config) return;
  // A clock set back must not put the new list before the one it follows.
  TimeUs from = newest ? std::max(now_us, newest->first + 1) : now_us;
  s.exec("INSERT INTO price_lists (from_us, config) VALUES (?1, ?2)", {from, config});
}

}  // namespace nuri::metering::store
