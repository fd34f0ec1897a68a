#include "compute/scheduler/constraints.h"

#include <algorithm>

namespace nuri::compute {

namespace {

using Hosts = std::vector<const HostCapacity*>;

// A host in an aggregate with this key takes only servers of the projects it names.
constexpr std::string_view kTenancyKey = "filter_tenant_id";

bool has(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string list_of(const Hosts& hosts,
                    const std::function<std::string(const HostCapacity&)>& word) {
  std::vector<std::string> words;
  for (const auto* h : hosts) {
    std::string w = word(*h);
    if (!has(words, w) && words.size() < 5) words.push_back(w);
  }
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}
std::string name_of(const HostCapacity& h) { return h.name; }

std::string short_of(const char* unit, int64_t need, int64_t best) {
  return "needs " + std::to_string(need) + " " + unit + ", the roomiest has " +
         std::to_string(std::max<int64_t>(0, best)) + " " + unit + " free";
}

bool tenancy_allows(const HostCapacity& h, const std::string& project) {
  bool kept = false;
  for (const auto& [key, value] : h.properties) {
    if (!key.starts_with(kTenancyKey)) continue;
    kept = true;
    if (value.find(project) != std::string::npos) return true;
  }
  return !kept;
}

bool has_property(const HostCapacity& h, const std::pair<std::string, std::string>& wanted) {
  return std::find(h.properties.begin(), h.properties.end(), wanted) != h.properties.end();
}

bool group_allows(const HostCapacity& h, const GroupRule& g) {
  auto there = g.hosts.find(h.name);
  int64_t members = there == g.hosts.end() ? 0 : there->second;
  if (g.policy == "affinity") return g.hosts.empty() || members > 0;
  if (g.policy == "anti-affinity") return members < g.max_per_host;
  return true;
}

std::string group_miss(const Hosts& hosts, const GroupRule& g) {
  if (g.policy == "affinity") return "its group runs on " + g.hosts.begin()->first;
  int64_t fewest = INT64_MAX;
  for (const auto* h : hosts) {
    auto there = g.hosts.find(h->name);
    fewest = std::min(fewest, there == g.hosts.end() ? 0 : there->second);
  }
  return "at most " + std::to_string(g.max_per_host) + " of its group on a host, each has " +
         std::to_string(fewest) + " or more";
}

void add_rules(std::vector<Constraint>& out, const PlaceRequest& r) {
  out.push_back({"service", [](const HostCapacity& h) { return h.up && h.enabled; },
                 [](const Hosts& hosts) {
                   return list_of(hosts, [](const HostCapacity& h) {
                     return h.name + (h.up ? " is disabled" : " is down");
                   });
                 }});
  out.push_back({"host",
                 [r](const HostCapacity& h) {
                   return (r.host.empty() || h.name == r.host) && h.name != r.not_host;
                 },
                 [r](const Hosts&) {
                   return r.host.empty() ? "must not be " + r.not_host : "must be " + r.host;
                 }});
  out.push_back({"zone", [r](const HostCapacity& h) { return r.zone.empty() || h.zone == r.zone; },
                 [r](const Hosts& hosts) {
                   return "needs " + r.zone + ", there is " +
                          list_of(hosts, [](const HostCapacity& h) { return h.zone; });
                 }});
  out.push_back({"tenancy", [r](const HostCapacity& h) { return tenancy_allows(h, r.project_id); },
                 [](const Hosts& hosts) { return list_of(hosts, name_of) + " kept for others"; }});
  out.push_back({"properties",
                 [r](const HostCapacity& h) {
                   return std::all_of(r.properties.begin(), r.properties.end(),
                                      [&](const auto& p) { return has_property(h, p); });
                 },
                 [r](const Hosts&) {
                   std::string all;
                   for (const auto& [k, v] : r.properties)
                     all += (all.empty() ? "" : ", ") + k + "=" + v;
                   return "needs an aggregate with " + all;
                 }});
  out.push_back({"group", [r](const HostCapacity& h) { return group_allows(h, r.group); },
                 [r](const Hosts& hosts) { return group_miss(hosts, r.group); }});
  out.push_back(
      {"same_host",
       [r](const HostCapacity& h) { return !r.wants_same_host || has(r.same_host_as, h.name); },
       [r](const Hosts&) {
         return r.same_host_as.empty() ? std::string("the servers named have no host")
                                       : "must be " + r.same_host_as.front();
       }});
  out.push_back({"different_host",
                 [r](const HostCapacity& h) { return !has(r.different_host_from, h.name); },
                 [](const Hosts& hosts) {
                   return list_of(hosts, name_of) + " has one of the servers named";
                 }});
}

void add_means(std::vector<Constraint>& out, const PlaceRequest& r, const Overcommit& o) {
  auto best = [o](const Hosts& hosts, int64_t Means::*what) {
    int64_t most = 0;
    for (const auto* h : hosts) most = std::max(most, free_of(*h, o).*what);
    return most;
  };
  out.push_back({"memory",
                 [r, o](const HostCapacity& h) { return free_of(h, o).memory >= r.memory_mib; },
                 [r, best](const Hosts& hosts) {
                   return short_of("MiB", r.memory_mib, best(hosts, &Means::memory));
                 }});
  out.push_back({"vcpus",
                 [r, o](const HostCapacity& h) {
                   return free_of(h, o).vcpus >= r.vcpus && h.vcpus >= r.vcpus;
                 },
                 [r](const Hosts& hosts) {
                   int64_t most = 0;
                   for (const auto* h : hosts) most = std::max(most, h->vcpus);
                   return "needs " + std::to_string(r.vcpus) + " vCPUs, the largest host has " +
                          std::to_string(most);
                 }});
  out.push_back({"disk", [r, o](const HostCapacity& h) { return free_of(h, o).disk >= r.disk_gib; },
                 [r, best](const Hosts& hosts) {
                   return short_of("GiB", r.disk_gib, best(hosts, &Means::disk));
                 }});
}

}  // namespace

Means free_of(const HostCapacity& h, const Overcommit& o) {
  auto total = [](int64_t have, double ratio) {
    return static_cast<int64_t>(static_cast<double>(have) * ratio);
  };
  return {total(h.vcpus, o.vcpus) - h.vcpus_used,
          total(std::max<int64_t>(0, h.memory_mib - o.reserved_memory_mib), o.memory) -
              h.memory_used_mib,
          total(h.disk_gib, o.disk) - h.disk_used_gib};
}

std::vector<Constraint> constraints(const PlaceRequest& request, const Overcommit& over) {
  std::vector<Constraint> out;
  add_rules(out, request);
  add_means(out, request, over);
  return out;
}

}  // namespace nuri::compute
