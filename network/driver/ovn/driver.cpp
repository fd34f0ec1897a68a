#include "network/driver/ovn/driver.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "network/driver/ovn/diff.h"
#include "services/base/log.h"

namespace nuri::network::ovn {

namespace {

constexpr TimeUs kRetryUs = kSecondUs / 2;  // after a failure
constexpr TimeUs kCoalesceUs =
    kSecondUs / 100;  // between two looks: a burst of commits is one change

Json monitor_requests(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& columns) {
  Json out = Json::object();
  for (const auto& [table, names] : columns)
    out.set(table, Json::object({{"columns", Json::strings(names)}}));
  return out;
}

std::vector<std::string> mapped_networks(const std::string& mappings) {
  std::vector<std::string> out;
  size_t at = 0;
  while (at < mappings.size()) {
    size_t comma = std::min(mappings.find(',', at), mappings.size());
    std::string pair = mappings.substr(at, comma - at);
    out.push_back(pair.substr(0, pair.find(':')));
    at = comma + 1;
  }
  return out;
}

}  // namespace

std::vector<Chassis> chassis_of(const Replica& southbound) {
  auto text = [](const Row& row, const char* column) {
    auto it = row.find(column);
    return it == row.end() ? std::string() : it->second.scalar();
  };
  std::map<std::string, TimeUs> heard;
  for (const auto& [uuid, row] : southbound.table("Chassis_Private")) {
    std::string ms = text(row, "nb_cfg_timestamp");
    if (!ms.empty()) heard[text(row, "name")] = std::stoll(ms) * 1000;
  }
  std::vector<Chassis> out;
  for (const auto& [uuid, row] : southbound.table("Chassis")) {
    auto config = row.find("other_config");
    std::string mappings =
        config == row.end() ? std::string() : config->second.get("ovn-bridge-mappings");
    std::string name = text(row, "name");
    out.push_back({name, text(row, "hostname"), mapped_networks(mappings), heard[name]});
  }
  std::sort(out.begin(), out.end(),
            [](const Chassis& a, const Chassis& b) { return a.name < b.name; });
  return out;
}

Json agent_json(const Chassis& c, TimeUs now) {
  bool gateway = !c.physical_networks.empty();
  return Json::object(
      {{"id", c.name},
       {"agent_type", gateway ? "OVN Controller Gateway agent" : "OVN Controller agent"},
       {"binary", "ovn-controller"},
       {"host", c.hostname},
       {"topic", "n/a"},
       {"alive", c.heard_us > 0 && now - c.heard_us < kAgentDownUs},
       {"admin_state_up", true},
       {"availability_zone", "nova"},
       {"description", ""},
       {"heartbeat_timestamp", c.heard_us > 0 ? Json(iso_seconds(c.heard_us)) : Json()},
       {"configurations",
        Json::object({{"physical_networks", Json::strings(c.physical_networks)}})}});
}

OvnDriver::OvnDriver(db::Database& database, OvnOptions options)
    : db_(database),
      options_(std::move(options)),
      northbound_(options_.northbound,
                  [this](const Json& u) {
                    nb_.apply(u);
                    seen_change_ = true;
                  }),
      southbound_(options_.southbound,
                  [this](const Json& u) {
                    sb_.apply(u);
                    seen_change_ = true;
                  }),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

OvnDriver::~OvnDriver() {
  stop();
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void OvnDriver::start() {
  thread_ = std::thread([this] { loop(); });
}

void OvnDriver::stop() {
  stopping_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
}

void OvnDriver::wake() {
  woken_ = true;
  uint64_t one = 1;
  [[maybe_unused]] ssize_t n = ::write(wake_fd_, &one, sizeof one);
}

bool OvnDriver::realized(const std::string& port_id) {
  std::lock_guard lock(mutex_);
  return realized_.contains(port_id);
}

void OvnDriver::loop() {
  bool said = false;
  TimeUs last_look = 0;
  SystemClock clock;
  while (!stopping_) {
    Status status = connect();
    if (status) status = pump();
    bool due = woken_ || seen_change_ || clock.now_us() - last_look >= options_.period_us;
    if (status && due) {
      last_look = clock.now_us();
      auto done = reconcile();
      if (!done) status = done.error();
    }
    if (!status) {
      // Once an outage: the retries say nothing new.
      if (!said)
        log::error("the virtual network's database cannot be brought up to date",
                   {{"why", status.error().message}});
      said = true;
      woken_ = true;
      wait(kRetryUs);
      continue;
    }
    if (said) log::info("the virtual network's database is up to date again");
    said = false;
    if (woken_ || seen_change_) {
      usleep(kCoalesceUs);
    } else {
      wait(std::min<TimeUs>(options_.period_us, 5 * kSecondUs));
    }
  }
}

void OvnDriver::wait(TimeUs at_most_us) {
  pollfd fds[3] = {
      {wake_fd_, POLLIN, 0}, {northbound_.fd(), POLLIN, 0}, {southbound_.fd(), POLLIN, 0}};
  poll(fds, 3, static_cast<int>(at_most_us / 1000));
  uint64_t count = 0;
  [[maybe_unused]] ssize_t n = ::read(wake_fd_, &count, sizeof count);
}

Status OvnDriver::connect() {
  if (!northbound_.connected()) TRYV(follow_northbound());
  if (!southbound_.connected()) TRYV(follow_southbound());
  return {};
}

Status OvnDriver::follow_northbound() {
  TRYV(northbound_.connect());
  nb_.clear();
  auto initial = northbound_.call(
      "monitor", Json::array({"OVN_Northbound", "nuri", monitor_requests(northbound_columns())}));
  if (!initial) {
    northbound_.close();
    return initial.error();
  }
  nb_.apply(*initial);
  woken_ = true;
  return {};
}

Status OvnDriver::follow_southbound() {
  TRYV(southbound_.connect());
  sb_.clear();
  auto initial = southbound_.call(
      "monitor",
      Json::array({"OVN_Southbound", "nuri",
                   monitor_requests({{"Chassis", {"name", "hostname", "other_config"}},
                                     {"Chassis_Private", {"name", "nb_cfg_timestamp"}}})}));
  if (!initial) {
    southbound_.close();
    return initial.error();
  }
  sb_.apply(*initial);
  woken_ = true;
  return {};
}

Status OvnDriver::pump() {
  TRYV(northbound_.pump());
  TRYV(southbound_.pump());
  TRYV(northbound_.probe());
  return southbound_.probe();
}

Result<size_t> OvnDriver::run_once() {
  TRYV(connect());
  TRYV(pump());
  return reconcile();
}

Result<size_t> OvnDriver::reconcile() {
  // Cleared before the look: what commits from here on asks for another.
  woken_ = false;
  seen_change_ = false;
  TRYV(beat());
  Snapshot snapshot = TRY(take_snapshot(db_));
  std::vector<Chassis> hosts = chassis_of(sb_);
  std::vector<Want> wanted = plan({snapshot, hosts, options_.dns, options_.owner});
  Changes changes = diff(wanted, nb_, options_.owner);
  for (const std::string& c : changes.conflicts)
    log::error("a row of somebody else's has our name", {{"row", c}});
  size_t sent = changes.operations.size();
  if (!changes.empty()) TRYV(transact(std::move(changes.operations)));
  publish();
  TRYV(write_statuses(snapshot));
  return sent;
}

Status OvnDriver::transact(std::vector<Json> operations) {
  size_t count = operations.size();
  Json params = Json::array({"OVN_Northbound"});
  for (Json& op : operations) params.push_back(std::move(op));
  Json result = TRY(northbound_.call("transact", std::move(params)));
  for (const Json& r : result.as_array()) {
    if (r["error"].is_string()) {
      return internal("OVN refused the change: " + r["error"].as_string() + ": " +
                      r["details"].as_string());
    }
  }
  // The server tells of a transaction's rows before it answers it: what is new now is known.
  seen_change_ = false;
  log::debug("changed the northbound database", {{"operations", count}});
  return {};
}

// Each ovn-controller that lives writes the number and the time it saw it to its Chassis_Private.
Status OvnDriver::beat() {
  TimeUs now = SystemClock().now_us();
  if (now - last_beat_us_ < options_.period_us) return {};
  TRYV(transact({Json::object({{"op", "mutate"},
                               {"table", "NB_Global"},
                               {"where", Json::array()},
                               {"mutations", Json::array({Json::array({"nb_cfg", "+=", 1})})}})}));
  last_beat_us_ = now;
  return {};
}

void OvnDriver::publish() {
  std::set<std::string> names;
  for (const auto& [uuid, row] : nb_.table("Logical_Switch_Port")) {
    auto name = row.find("name");
    if (name != row.end()) names.insert(name->second.scalar());
  }
  std::vector<Chassis> hosts = chassis_of(sb_);
  std::lock_guard lock(mutex_);
  realized_ = std::move(names);
  chassis_ = std::move(hosts);
}

Status OvnDriver::write_statuses(const Snapshot& snapshot) {
  std::set<std::string> up;
  for (const auto& [uuid, row] : nb_.table("Logical_Switch_Port")) {
    auto flag = row.find("up"), name = row.find("name");
    if (flag != row.end() && name != row.end() && flag->second.is_true())
      up.insert(name->second.scalar());
  }
  std::vector<PortStatus> changed;
  for (const Port& p : snapshot.ports) {
    if (p.device_owner == kOwnerFloatingIp) continue;
    bool active = p.admin_state_up && (up.contains(p.id) || p.device_owner == kOwnerMetadata);
    std::string status = active ? "ACTIVE" : "DOWN";
    if (p.status != status) changed.push_back({p.id, status});
  }
  TRY(store_statuses(db_, changed));
  return {};
}

Json OvnDriver::agents() {
  std::vector<Chassis> hosts;
  {
    std::lock_guard lock(mutex_);
    hosts = chassis_;
  }
  Json out = Json::array();
  TimeUs now = SystemClock().now_us();
  for (const Chassis& c : hosts) out.push_back(agent_json(c, now));
  return out;
}

}  // namespace nuri::network::ovn
