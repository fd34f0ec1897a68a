#include "compute/agent/sim/sim_driver.h"

#include <fstream>

#include <unistd.h>

#include <filesystem>

#include "services/base/config.h"
#include "services/base/log.h"

namespace nuri::compute::agent::sim {

namespace {
using std::chrono::milliseconds;
using std::chrono::steady_clock;

void console_line(const ServerFiles& files, const std::string& line) {
  std::ofstream(files.console(), std::ios::app) << line << "\n";
}
}  // namespace

SimDriver::SimDriver(SimOptions options) : options_(std::move(options)) {
  load();
  thread_ = std::thread([this] { loop(); });
}

SimDriver::~SimDriver() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void SimDriver::load() {
  auto text = options_.state_file.empty() ? Result<std::string>(not_found("")) : read_file(options_.state_file);
  auto json = text ? parse_json(*text) : Result<Json>(text.error());
  if (!json) return;
  for (const auto& j : json->as_array()) {
    Domain d;
    d.id = j["id"].as_string();
    d.power = j["paused"].as_bool() ? Power::paused : Power::running;
    for (const auto& p : j["ports"].as_array()) d.ports.insert(p.as_string());
    for (const auto& v : j["volumes"].as_array()) d.volumes.insert(v.as_string());
    domains_[d.id] = d;
  }
}

void SimDriver::save() {
  if (options_.state_file.empty()) return;
  Json out = Json::array();
  for (const auto& [id, d] : domains_) {
    out.push_back(Json::object({{"id", id}, {"paused", d.power == Power::paused},
                                {"ports", Json::strings({d.ports.begin(), d.ports.end()})},
                                {"volumes", Json::strings({d.volumes.begin(), d.volumes.end()})}}));
  }
  if (auto saved = write_file(options_.state_file, out.dump(), 0600); !saved) {
    log::error("cannot keep the simulated host", {{"why", saved.error().detail}});
  }
}

Status SimDriver::fault(const std::string& operation) {
  std::lock_guard lock(mutex_);
  auto it = faults_.find(operation);
  if (it == faults_.end() || it->second.empty()) return {};
  Error e = it->second.front();
  it->second.pop_front();
  return e;
}

void SimDriver::fail_next(const std::string& operation, unsigned times, Error error) {
  std::lock_guard lock(mutex_);
  faults_[operation].insert(faults_[operation].end(), times, error);
}

Result<HostInfo> SimDriver::host() {
  TRYV(fault("host"));
  return options_.host;
}

Result<std::vector<Domain>> SimDriver::list() {
  TRYV(fault("list"));
  std::lock_guard lock(mutex_);
  std::vector<Domain> out;
  for (const auto& [id, d] : domains_) out.push_back(d);
  return out;
}

Result<std::optional<Domain>> SimDriver::inspect(const std::string& id) {
  TRYV(fault("inspect"));
  std::lock_guard lock(mutex_);
  auto it = domains_.find(id);
  return it == domains_.end() ? std::optional<Domain>() : std::optional(it->second);
}

bool SimDriver::prepared(const ServerSpec&, const ServerFiles& files) { return access(files.disk().c_str(), F_OK) == 0; }

Status SimDriver::prepare(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>&) {
  TRYV(fault("prepare"));
  if (prepared(spec, files)) return {};
  TRYV(make_directories(files.directory, 0711));
  std::ofstream(files.disk()) << "simulated disk of " << spec.id << "\n";
  return {};
}

Status SimDriver::grow(const ServerSpec&, const ServerFiles&) { return fault("grow"); }

// A qcow2 of 64 KiB that holds nothing: what an image service can look at and keep.
Status SimDriver::flatten(const std::string& copy, const std::string& to) {
  TRYV(fault("flatten"));
  if (access(copy.c_str(), R_OK) != 0) return internal("no copy at " + copy);
  constexpr size_t kCluster = 64 * 1024;
  std::string image(3 * kCluster, '\0');
  auto put = [&](size_t at, uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i, value >>= 8) image[at + static_cast<size_t>(i)] = static_cast<char>(value & 0xff);
  };
  image.replace(0, 4, "QFI\xfb");
  put(4, 2, 4);             // version
  put(20, 16, 4);           // cluster bits
  put(24, kCluster, 8);     // size
  put(36, 1, 4);            // L1 entries
  put(40, 2 * kCluster, 8); // L1 table
  put(48, kCluster, 8);     // refcount table
  put(56, 1, 4);            // its clusters
  std::ofstream out(to, std::ios::binary);
  if (!(out << image << std::flush)) return internal("write " + to);
  return {};
}

Status SimDriver::start(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>&,
                        const std::optional<BaseImage>&) {
  TRYV(fault("start"));
  if (!prepared(spec, files)) return internal("the server's disk is missing");
  std::unique_lock lock(mutex_);
  if (domains_.contains(spec.id)) return {};
  wake_.wait_for(lock, milliseconds(options_.start_ms), [this] { return stopping_; });
  if (stopping_) return unavailable("The agent is stopping.");
  Domain d;
  d.id = spec.id;
  for (const auto& p : spec.ports) d.ports.insert(p.id);
  for (const auto& v : spec.volumes) d.volumes.insert(v.attachment_id);
  domains_[spec.id] = std::move(d);
  save();
  bool saved = unlink(files.memory().c_str()) == 0;
  console_line(files, "simulated guest " + spec.id + (saved ? " went on" : " started") + (spec.rescue ? " in rescue" : ""));
  lock.unlock();
  events_.tell({DriverEvent::Kind::changed, spec.id});
  return {};
}

Status SimDriver::shutdown(const std::string& id) {
  TRYV(fault("shutdown"));
  std::lock_guard lock(mutex_);
  if (!domains_.contains(id) || options_.stubborn_guests) return {};
  going_down_.push_back({steady_clock::now() + milliseconds(options_.shutdown_ms), id});
  wake_.notify_all();
  return {};
}

Status SimDriver::destroy(const std::string& id) {
  TRYV(fault("destroy"));
  vanish(id, DriverEvent::Kind::changed);
  return {};
}

Status SimDriver::pause(const std::string& id) {
  return change("pause", id, [](Domain& d) { d.power = Power::paused; });
}

Status SimDriver::suspend(const std::string& id, const ServerFiles& files) {
  TRYV(fault("suspend"));
  {
    std::lock_guard lock(mutex_);
    if (!domains_.contains(id)) return {};
    std::ofstream(files.memory()) << "simulated memory of " << id << "\n";
  }
  vanish(id, DriverEvent::Kind::changed);
  return {};
}

bool SimDriver::suspended(const ServerFiles& files) { return access(files.memory().c_str(), F_OK) == 0; }

Status SimDriver::resume(const std::string& id) {
  return change("resume", id, [](Domain& d) { d.power = Power::running; });
}

Status SimDriver::remove(const std::string& id, const ServerFiles& files) {
  TRYV(fault("remove"));
  {
    std::lock_guard lock(mutex_);
    if (domains_.contains(id)) return conflict("The server still runs.");
  }
  std::error_code ec;
  if (std::filesystem::path(files.directory).filename() == id) std::filesystem::remove_all(files.directory, ec);
  return {};
}

Status SimDriver::change(const std::string& operation, const std::string& id, const std::function<void(Domain&)>& f) {
  TRYV(fault(operation));
  {
    std::lock_guard lock(mutex_);
    auto it = domains_.find(id);
    if (it == domains_.end()) return not_found("no such domain");
    f(it->second);
    save();
  }
  events_.tell({DriverEvent::Kind::changed, id});
  return {};
}

Status SimDriver::plug_port(const std::string& id, const PortSpec& port) {
  return change("plug_port", id, [&](Domain& d) { d.ports.insert(port.id); });
}

Status SimDriver::plug_volume(const std::string& id, const VolumeSpec& volume) {
  return change("plug_volume", id, [&](Domain& d) { d.volumes.insert(volume.attachment_id); });
}

Status SimDriver::unplug_port(const std::string& id, const std::string& port_id) {
  auto done = change("unplug_port", id, [&](Domain& d) { d.ports.erase(port_id); });
  return !done && done.error().code == ErrorCode::not_found ? Status() : done;
}

Status SimDriver::unplug_volume(const std::string& id, const std::string& attachment_id) {
  auto done = change("unplug_volume", id, [&](Domain& d) { d.volumes.erase(attachment_id); });
  return !done && done.error().code == ErrorCode::not_found ? Status() : done;
}

Result<Json> SimDriver::diagnostics(const std::string& id) {
  auto domain = TRY(inspect(id));
  if (!domain) return conflict("The server is not running.");
  return Json::object({{"driver", "sim"},
                       {"stats", Json::object({{"state.state", 1}, {"net.count", domain->ports.size()},
                                               {"block.count", 1 + domain->volumes.size()}})}});
}

void SimDriver::vanish(const std::string& id, DriverEvent::Kind kind) {
  {
    std::lock_guard lock(mutex_);
    if (!domains_.erase(id)) return;
    save();
  }
  events_.tell({kind, id});
}

void SimDriver::guest_powers_off(const std::string& id) { vanish(id, DriverEvent::Kind::guest_off); }
void SimDriver::crash(const std::string& id) { vanish(id, DriverEvent::Kind::crashed); }

void SimDriver::set_power(const std::string& id, Power power) {
  auto done = change("set_power", id, [power](Domain& d) { d.power = power; });
  if (!done) log::warning("no such simulated domain", {{"server_id", id}});
}

void SimDriver::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (going_down_.empty()) {
      wake_.wait(lock);
      continue;
    }
    Later next = going_down_.front();
    if (steady_clock::now() < next.at) {
      wake_.wait_until(lock, next.at);
      continue;
    }
    going_down_.pop_front();
    lock.unlock();
    vanish(next.id, DriverEvent::Kind::guest_off);
    lock.lock();
  }
}

}  // namespace nuri::compute::agent::sim
