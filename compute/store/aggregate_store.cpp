#include "compute/store/columns.h"
#include "compute/store/placement_store.h"

namespace nuri::compute {

namespace {

const Table<Aggregate>& aggregates() {
  using A = Aggregate;
  static const Table<A> kTable("aggregates", 1,
                               {
                                   column("id", &A::id),
                                   column("uuid", &A::uuid),
                                   column("name", &A::name),
                                   column("metadata", &A::metadata),
                                   column("created_us", &A::created_us),
                                   column("updated_us", &A::updated_us),
                               });
  return kTable;
}

void fill_hosts(db::Session& s, Aggregate& a) {
  a.hosts = s.all("SELECT host FROM aggregate_hosts WHERE aggregate_id=?1 ORDER BY host", {a.id},
                  [](const db::Row& r) { return r.text(0); });
}

}  // namespace

int64_t insert_aggregate(db::Session& s, const Aggregate& a) {
  Aggregate numbered = a;
  numbered.id = s.count("SELECT coalesce(max(id), 0) + 1 FROM aggregates");
  aggregates().insert(s, numbered);
  return numbered.id;
}
bool save_aggregate(db::Session& s, const Aggregate& a) { return aggregates().update(s, a); }
bool erase_aggregate(db::Session& s, int64_t id) {
  return s.exec("DELETE FROM aggregates WHERE id=?1", {id}) > 0;
}

std::optional<Aggregate> find_aggregate(db::Session& s, int64_t id) {
  auto a = aggregates().one(s, "WHERE id=?1", {id});
  if (a) fill_hosts(s, *a);
  return a;
}

std::vector<Aggregate> list_aggregates(db::Session& s) {
  auto all = aggregates().all(s, "ORDER BY id");
  for (Aggregate& a : all) fill_hosts(s, a);
  return all;
}

void add_aggregate_host(db::Session& s, int64_t id, std::string_view host) {
  s.exec("INSERT INTO aggregate_hosts (aggregate_id, host) VALUES (?1, ?2)", {id, host});
}
bool drop_aggregate_host(db::Session& s, int64_t id, std::string_view host) {
  return s.exec("DELETE FROM aggregate_hosts WHERE aggregate_id=?1 AND host=?2", {id, host}) > 0;
}

std::map<std::string, std::string> zones_by_aggregate(db::Session& s) {
  std::map<std::string, std::string> out;
  for (const Aggregate& a : list_aggregates(s)) {
    std::string zone = parse_json(a.metadata).value_or(Json())["availability_zone"].as_string();
    if (zone.empty()) continue;
    for (const auto& host : a.hosts) out[host] = zone;
  }
  return out;
}

}  // namespace nuri::compute
