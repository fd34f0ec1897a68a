#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metering/domain/ledger_rules.h"
#include "metering/domain/prices.h"
#include "services/db/database.h"

// The ledger: entries are added and never changed; each holds the hash of the one before it, so
// that a changed, removed or inserted entry shows. `intervals` is a view of it kept for quick
// questions, written with each entry.
namespace nuri::metering::store {

extern const std::vector<db::Migration> kMigrations;  // component "metering"

// Takes what a source's outbox sent, in any order and any number of times, in the caller's
// transaction: events up to the source's number are known already, one that leaves a gap is left
// for the next pull. Returns how many were new.
int64_t take(db::Session& s, std::string_view source, std::vector<UsageEvent> events);
// The number up to which a source has been taken.
int64_t taken(db::Session& s, std::string_view source);

struct Entry {
  int64_t number = 0;
  std::string source;
  int64_t event = 0;      // the source's number of the event that caused it
  std::string kind;       // open, close
  int64_t opened_by = 0;  // of a close: the entry that opened; of an open: itself
  TimeUs at_us = 0;
  std::string resource_type, resource_id, project_id, user_id;
  Json data;  // of an open
  std::string hash;
};
std::vector<Entry> entries(db::Session& s, int64_t after, int64_t limit);
// sha256(previous hash || canonical form), hex.
std::string entry_hash(std::string_view previous, const Entry& entry);

struct Check {
  int64_t entries = 0;
  std::string head;                  // the last entry's hash
  std::optional<int64_t> broken_at;  // the first entry that does not fit
};
Check check_chain(db::Session& s);

// project_id "": any.
std::vector<Interval> of_resource(db::Session& s, std::string_view resource_type,
                                  std::string_view resource_id, std::string_view project_id);
// Those that touch [from, to).
std::vector<Interval> of_project(db::Session& s, std::string_view project_id, TimeUs from_us,
                                 TimeUs to_us);

// Price lists with the time from which each holds. The first ever put holds for all time before.
std::vector<DatedList> price_lists(db::Session& s);
// A new one, where it differs from the newest.
void put_price_list(db::Session& s, const PriceList& list, TimeUs now_us);

}  // namespace nuri::metering::store
