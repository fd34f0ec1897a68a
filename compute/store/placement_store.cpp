#include "compute/store/placement_store.h"

#include "compute/store/catalog_store.h"

namespace nuri::compute {

namespace {

constexpr std::string_view kPropertyScope = "aggregate_instance_extra_specs:";

std::string scalar_text(const Json& j) { return j.is_string() ? j.as_string() : j.dump(); }

using Properties = std::vector<std::pair<std::string, std::string>>;

std::map<std::string, Properties> properties_by_host(db::Session& s) {
  std::map<std::string, Properties> out;
  for (const Aggregate& a : list_aggregates(s)) {
    Json metadata = parse_json(a.metadata).value_or(Json());
    for (const auto& host : a.hosts) {
      for (const auto& [key, value] : metadata.as_object())
        out[host].emplace_back(key, scalar_text(value));
    }
  }
  return out;
}

// The hosts of servers; those of other projects count for nothing.
std::vector<std::string> hosts_of(db::Session& s, const std::vector<std::string>& servers,
                                  const std::string& project) {
  std::vector<std::string> out;
  for (const auto& id : servers) {
    s.each("SELECT host FROM servers WHERE id=?1 AND project_id=?2 AND deleted=0 AND host<>''",
           {id, project}, [&](const db::Row& r) { out.push_back(r.text(0)); });
  }
  return out;
}

GroupRule rule_of(db::Session& s, const std::string& group_id, const std::string& server_id) {
  GroupRule rule;
  auto group = group_id.empty() ? std::nullopt : find_server_group(s, group_id);
  if (!group) return rule;
  rule.policy = group->policy;
  rule.max_per_host = group->max_per_host;
  s.each(
      "SELECT v.host, count(*) FROM server_hints h JOIN servers v ON v.id=h.server_id WHERE "
      "h.group_id=?1 AND v.deleted=0 AND v.host<>'' AND v.id<>?2 GROUP BY v.host",
      {group_id, server_id}, [&](const db::Row& r) { rule.hosts[r.text(0)] = r.i64(1); });
  return rule;
}

}  // namespace

std::vector<HostCapacity> capacities(db::Session& s, TimeUs now_us) {
  auto properties = properties_by_host(s);
  auto promised = used_on_hosts(s);
  std::vector<HostCapacity> out;
  for (const Host& h : list_hosts(s)) {
    const Used& used = promised[h.name];
    out.push_back({h.name, h.zone, host_up(h, now_us), h.enabled, h.vcpus, h.memory_mib, h.disk_gib,
                   used.vcpus, used.ram_mib, used.disk_gib, properties[h.name]});
  }
  return out;
}

PlaceRequest placement_request(db::Session& s, const Server& server, const Hints& hints) {
  PlaceRequest r;
  r.vcpus = server.vcpus;
  r.memory_mib = server.ram_mib;
  r.disk_gib = server.disk_gib + server.ephemeral_gib;
  r.zone = server.zone;
  r.host = server.forced_host;
  r.project_id = server.project_id;
  r.group = rule_of(s, hints.group_id, server.id);
  r.wants_same_host = !hints.same_host.empty();
  r.same_host_as = hosts_of(s, hints.same_host, server.project_id);
  r.different_host_from = hosts_of(s, hints.different_host, server.project_id);
  Json specs = parse_json(server.flavor_specs).value_or(Json());
  for (const auto& [key, value] : specs.as_object()) {
    if (key.starts_with(kPropertyScope))
      r.properties.emplace_back(key.substr(kPropertyScope.size()), scalar_text(value));
  }
  return r;
}

PlaceRequest placement_request(db::Session& s, const Server& server) {
  auto hints =
      s.one("SELECT group_id, same_host, different_host FROM server_hints WHERE server_id=?1",
            {server.id}, [](const db::Row& r) {
              Hints h{r.text(0), {}, {}};
              for (const Json& id : stored_list(r.text(1))) h.same_host.push_back(id.as_string());
              for (const Json& id : stored_list(r.text(2)))
                h.different_host.push_back(id.as_string());
              return h;
            });
  return placement_request(s, server, hints.value_or(Hints{}));
}

}  // namespace nuri::compute
