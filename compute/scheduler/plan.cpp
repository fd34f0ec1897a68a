#include "compute/scheduler/plan.h"

#include <algorithm>

#include "compute/scheduler/constraints.h"

namespace nuri::compute {

namespace {

int64_t members_on(const GroupRule& g, const std::string& host) {
  auto there = g.hosts.find(host);
  return there == g.hosts.end() ? 0 : there->second;
}

// Spread: the host with the most memory free; its name settles a tie, so that a plan is
// reproducible. A soft group policy comes before that.
struct Worse {
  const PlaceRequest& request;
  const Overcommit& over;
  bool operator()(const HostCapacity* a, const HostCapacity* b) const {
    const GroupRule& g = request.group;
    int64_t ga = members_on(g, a->name), gb = members_on(g, b->name);
    if (g.policy == "soft-affinity" && ga != gb) return ga < gb;
    if (g.policy == "soft-anti-affinity" && ga != gb) return ga > gb;
    int64_t fa = free_of(*a, over).memory, fb = free_of(*b, over).memory;
    return fa != fb ? fa < fb : a->name > b->name;
  }
};

}  // namespace

Plan place(const std::vector<HostCapacity>& hosts, const PlaceRequest& request,
           const Overcommit& over) {
  Plan plan;
  plan.considered = static_cast<int>(hosts.size());
  std::vector<const HostCapacity*> left;
  for (const auto& h : hosts) left.push_back(&h);
  for (const Constraint& c : constraints(request, over)) {
    std::vector<const HostCapacity*> kept, out;
    for (const auto* h : left) (c.passes(*h) ? kept : out).push_back(h);
    if (!out.empty())
      plan.refusals.push_back({c.name, static_cast<int>(out.size()), c.nearest(out)});
    left = std::move(kept);
  }
  if (left.empty()) return plan;
  auto best = *std::max_element(left.begin(), left.end(), Worse{request, over});
  plan.host = best->name;
  plan.zone = best->zone;
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
