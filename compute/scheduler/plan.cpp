#include "compute/scheduler/plan.h"

#include <algorithm>
#include <functional>

namespace nuri::compute {

namespace {

struct Means {
  int64_t vcpus, memory, disk;
};

Means free_of(const HostCapacity& h, const Overcommit& o) {
  auto total = [](int64_t have, double ratio) {
    return static_cast<int64_t>(static_cast<double>(have) * ratio);
  };
  return {total(h.vcpus, o.vcpus) - h.vcpus_used,
          total(std::max<int64_t>(0, h.memory_mib - o.reserved_memory_mib), o.memory) -
              h.memory_used_mib,
          total(h.disk_gib, o.disk) - h.disk_used_gib};
}

struct Constraint {
  const char* name;
  std::function<bool(const HostCapacity&, const Means&)> passes;
  std::function<std::string(const std::vector<const HostCapacity*>&)> nearest;
};

std::string list_of(const std::vector<const HostCapacity*>& hosts,
                    std::string (*word)(const HostCapacity&)) {
  std::vector<std::string> words;
  for (const auto* h : hosts) {
    std::string w = word(*h);
    if (std::find(words.begin(), words.end(), w) == words.end() && words.size() < 5)
      words.push_back(w);
  }
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

std::string short_of(const char* unit, int64_t need, int64_t best) {
  return "needs " + std::to_string(need) + " " + unit + ", the roomiest has " +
         std::to_string(std::max<int64_t>(0, best)) + " " + unit + " free";
}

// In this order: a host counts against the first constraint it fails.
std::vector<Constraint> constraints(const PlaceRequest& r, const Overcommit& o) {
  auto best = [o](const std::vector<const HostCapacity*>& hosts, int64_t Means::* what) {
    int64_t most = 0;
    for (const auto* h : hosts) most = std::max(most, free_of(*h, o).*what);
    return most;
  };
  return {
      {"service", [](const HostCapacity& h, const Means&) { return h.up && h.enabled; },
       [](const auto& hosts) {
         return list_of(hosts, [](const HostCapacity& h) {
           return h.name + (h.up ? " is disabled" : " is down");
         });
       }},
      {"host",
       [r](const HostCapacity& h, const Means&) { return r.host.empty() || h.name == r.host; },
       [r](const auto&) { return "must be " + r.host; }},
      {"zone",
       [r](const HostCapacity& h, const Means&) { return r.zone.empty() || h.zone == r.zone; },
       [r](const auto& hosts) {
         return "needs " + r.zone + ", there is " +
                list_of(hosts, [](const HostCapacity& h) { return h.zone; });
       }},
      {"memory", [r](const HostCapacity&, const Means& m) { return m.memory >= r.memory_mib; },
       [r, best](const auto& hosts) {
         return short_of("MiB", r.memory_mib, best(hosts, &Means::memory));
       }},
      {"vcpus",
       [r](const HostCapacity& h, const Means& m) {
         return m.vcpus >= r.vcpus && h.vcpus >= r.vcpus;
       },
       [r](const auto& hosts) {
         int64_t most = 0;
         for (const auto* h : hosts) most = std::max(most, h->vcpus);
         return "needs " + std::to_string(r.vcpus) + " vCPUs, the largest host has " +
                std::to_string(most);
       }},
      {"disk", [r](const HostCapacity&, const Means& m) { return m.disk >= r.disk_gib; },
       [r, best](const auto& hosts) {
         return short_of("GiB", r.disk_gib, best(hosts, &Means::disk));
       }},
  };
}

}  // namespace

Plan place(const std::vector<HostCapacity>& hosts, const PlaceRequest& request,
           const Overcommit& over) {
  Plan plan;
  plan.considered = static_cast<int>(hosts.size());
  std::vector<const HostCapacity*> left;
  for (const auto& h : hosts) left.push_back(&h);
  for (const Constraint& c : constraints(request, over)) {
    std::vector<const HostCapacity*> kept, out;
    for (const auto* h : left) (c.passes(*h, free_of(*h, over)) ? kept : out).push_back(h);
    if (!out.empty())
      plan.refusals.push_back({c.name, static_cast<int>(out.size()), c.nearest(out)});
    left = std::move(kept);
  }
  if (left.empty()) return plan;
  // Spread: the host with the most memory free; its name settles a tie, so that a plan is
  // reproducible.
  auto roomiest = *std::max_element(
      left.begin(), left.end(), [&](const HostCapacity* a, const HostCapacity* b) {
        int64_t fa = free_of(*a, over).memory, fb = free_of(*b, over).memory;
        return fa != fb ? fa < fb : a->name > b->name;
      });
  plan.host = roomiest->name;
  plan.zone = roomiest->zone;
  return plan;
}

std::string Plan::text() const {
  if (considered == 0) return "No valid host was found: no host has reported to this cloud yet";
  std::string out = "No valid host was found";
  const char* separator = ": ";
  for (const Refusal& r : refusals) {
    out += separator + std::to_string(r.hosts) + (r.hosts == 1 ? " host: " : " hosts: ") +
           r.constraint + ": " + r.nearest;
    separator = "; ";
  }
  return out;
}

Json Plan::json() const {
  Json list = Json::array();
  for (const Refusal& r : refusals) {
    list.push_back(
        Json::object({{"constraint", r.constraint}, {"hosts", r.hosts}, {"nearest", r.nearest}}));
  }
  return Json::object({{"host", host.empty() ? Json() : Json(host)},
                       {"hosts_considered", considered},
                       {"refused", list}});
}

}  // namespace nuri::compute
