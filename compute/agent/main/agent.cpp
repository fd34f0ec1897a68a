#include "compute/agent/main/agent.h"

#include <unistd.h>

#include "compute/agent/console/sim_consoles.h"
#include "compute/agent/core/private_files.h"
#include "compute/agent/libvirt/libvirt_consoles.h"
#include "compute/agent/libvirt/libvirt_driver.h"
#include "compute/agent/sim/sim_driver.h"
#include "network/agent/metadata_views.h"
#include "services/base/log.h"
#include "services/http/websocket_client.h"

namespace nuri::compute::agent {

namespace {
constexpr unsigned kConsoleHandshakeMs = 5'000;

std::string own_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}
}  // namespace

Agent::Agent(const Config& config, Clock& clock)
    : config_(config), clock_(clock), data_(config.text("agent.data", config.text("paths.data", "/var/lib/nuri"))), host_(config.text("agent.host", own_name())) {}

Agent::~Agent() { stop(); }

Result<std::unique_ptr<Agent>> Agent::create(const Config& config, Clock& clock) {
  std::unique_ptr<Agent> agent(new Agent(config, clock));
  TRYV(agent->open());
  TRYV(agent->connect());
  agent->make_keepers();
  return agent;
}

Status Agent::open() {
  // Searchable for QEMU's user, which opens disks below.
  TRYV(make_directories(data_, 0711));
  TRYV(make_directories(data_ + "/agent", 0700));
  TRYV(make_directories(data_ + "/cache", 0711));
  self_ = TRY(auth::ServiceIdentity::open(config_.text("paths.keys", "/etc/nuri/keys") + "/service.key", "agent", clock_, host_));
  store_ = TRY(DesiredStore::open(data_ + "/agent/desired"));
  driver_ = make_driver();
  if (!driver_) return bad_request("agent.driver must be libvirt or sim.", "agent.driver");
  images_ = std::make_unique<ImageCache>(
      data_ + "/cache/images", [this](const std::string& id, const std::string& path) { return fetch_image(id, path); }, clock_);
  for (const char* folder : {"/instances", "/volumes", "/cache/images"}) TRYV(close_to_others(data_ + folder));
  if (config_.flag("agent.metadata", driver_->uses_images())) {
    network::agent::MetadataAgent::Options options;
    options.ovs_vsctl = config_.text("agent.ovs_vsctl", "ovs-vsctl");
    options.bridge = config_.text("agent.bridge", "br-int");
    options.password = [this](const std::string& server_id, const std::string& password) {
      compute_->observe("password", server_id, Json::object({{"password", password}}));
    };
    metadata_ = std::make_unique<network::agent::MetadataAgent>(options);
  }
  return {};
}

std::unique_ptr<Driver> Agent::make_driver() const {
  std::string name = config_.text("agent.driver", "libvirt");
  if (name == "sim") {
    sim::SimOptions options;
    options.state_file = data_ + "/agent/sim-domains.json";
    options.start_ms = static_cast<unsigned>(config_.number("agent.sim_start_ms", 0));
    options.host.vcpus = config_.number("agent.sim_vcpus", options.host.vcpus);
    options.host.memory_mib = config_.number("agent.sim_memory_mib", options.host.memory_mib);
    return std::make_unique<sim::SimDriver>(options);
  }
  if (name != "libvirt") return nullptr;
  libvirt::DriverOptions options;
  options.uri = config_.text("agent.libvirt_uri", options.uri);
  options.virt_type = config_.text("agent.virt_type", options.virt_type);
  options.machine = config_.text("agent.machine", options.machine);
  options.bridge = config_.text("agent.bridge", options.bridge);
  options.owner = data_;
  return libvirt::make_driver(options);
}

std::unique_ptr<ConsoleSource> Agent::make_console_source() const {
  if (driver_->name() == "sim") return std::make_unique<SimConsoles>();
  return libvirt::make_consoles(config_.text("agent.libvirt_uri", libvirt::DriverOptions().uri), data_);
}

Result<Json> Agent::call(const std::string& method, const Json& params) {
  if (method != "console_open") return servers_->call(method, params);
  if (!store_->get("server", params["server_id"].as_string())) return not_found("This host has no such server.");
  return consoles_->open(params);
}

Status Agent::connect() {
  http::ClientOptions compute;
  compute.base_url = config_.service_url("compute");
  compute.timeout_ms = kConsoleHandshakeMs;
  consoles_ = std::make_unique<ConsoleRelay>(make_console_source(), [this, compute](const std::string& session) {
    Headers headers;
    headers.set("X-Auth-Token", self_->token());
    return http::connect_websocket(compute, "/agent/v1/consoles/" + percent_encode(session), headers);
  });
  image_client_ = TRY(http::Client::create({config_.service_url("image")}));
  for (const char* source : {"compute", "storage"}) {
    feed::Link::Callbacks callbacks;
    callbacks.desired = [this, name = std::string(source)](std::vector<feed::DesiredItem> items, bool full) {
      desired(name, std::move(items), full);
    };
    callbacks.call = [this](const std::string& method, const Json& params) { return call(method, params); };
    auto client = TRY(http::Client::create({config_.service_url(source)}));
    auto link = std::make_unique<feed::Link>(source, std::move(client), *self_, host_, clock_, std::move(callbacks));
    (std::string_view(source) == "compute" ? compute_ : storage_) = std::move(link);
  }
  return {};
}

void Agent::make_keepers() {
  ServerKeeper::Options options;
  options.instances = data_ + "/instances";
  options.workers = static_cast<unsigned>(config_.number("agent.workers", options.workers));
  options.shutdown_timeout_ms = static_cast<unsigned>(config_.number("agent.shutdown_timeout_s", 60) * 1000);
  options.orphan_grace_us = config_.number("agent.orphan_grace_s", 600) * kSecondUs;
  ServerKeeper::Hooks hooks;
  hooks.observe = [this](const std::string& kind, const std::string& id, Json state) { compute_->observe(kind, id, std::move(state)); };
  hooks.config_files = [](const Json& spec) {
    std::vector<DriveFile> files;
    auto instance = network::agent::instance_from(spec["id"].as_string(), spec);
    for (auto& [path, content] : network::agent::config_drive_files(instance)) files.push_back({path, std::move(content)});
    return files;
  };
  hooks.upload = [this](const std::string& image_id, const std::string& path) { return upload_image(image_id, path); };
  servers_ = std::make_unique<ServerKeeper>(*driver_, *images_, *store_, clock_, options, std::move(hooks));
  VolumeKeepers::Hooks volumes;
  volumes.files.fetch = [this](const Json& image) { return image_for_volume(image); };
  volumes.files.quiet = [this](const std::string& id, const std::function<Status()>& copy) {
    std::string server = user_of_volume(id);
    return server.empty() ? copy() : servers_->quiet(server, copy);
  };
  volumes.files.grow = [this](const std::string& id, int64_t bytes) -> Status {
    std::string server = user_of_volume(id);
    if (server.empty()) return unavailable("the volume is in use, but by no server of this host");
    return driver_->grow_volume(server, data_ + "/volumes/volume-" + id, bytes);
  };
  volumes.send = [this](const std::string& image_id, const std::string& path) { return upload_image(image_id, path); };
  volumes.arrived = [this](const std::string& image_id) { return image_arrived(image_id); };
  volumes.observe = [this](const std::string& kind, const std::string& id, Json state) { storage_->observe(kind, id, std::move(state)); };
  volumes.in_use = [this](const std::string& id) { return !user_of_volume(id).empty(); };
  volumes_ = std::make_unique<VolumeKeepers>(data_, *store_, volumes);
}

void Agent::start() {
  tell_metadata();
  servers_->start();
  volumes_->start();
  compute_->start();
  storage_->start();
  reporter_ = std::thread([this] { report_loop(); });
}

void Agent::stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  if (reporter_.joinable()) reporter_.join();
  if (image_client_) image_client_->cancel();  // an upload goes on after the next start
  if (servers_) servers_->stop();
  if (volumes_) volumes_->stop();
  if (compute_) compute_->stop();
  if (storage_) storage_->stop();
  if (consoles_) consoles_->stop();
  if (store_) store_->save();
}

void Agent::desired(const std::string& source, std::vector<feed::DesiredItem> items, bool full) {
  std::vector<Desired> wanted;
  for (auto& item : items) wanted.push_back({source, item.kind, item.id, item.revision, std::move(item.spec)});
  auto changed = store_->apply(source, std::move(wanted), full);
  bool servers = full && source == "compute";
  for (const auto& item : changed) {
    if (item.kind == "server") {
      servers_->wake(item.id);
      servers = true;
    } else if (!volumes_->wake(item.kind, item.id)) {
      log::warning("something of an unknown kind is wanted", {{"kind", item.kind}, {"id", item.id}});
    }
  }
  if (servers) tell_metadata();
  store_->save();
}

// A server that compute wants still has it, whatever storage says. "": none.
std::string Agent::user_of_volume(const std::string& id) const {
  for (const auto& item : store_->all("server")) {
    for (const auto& v : item.spec["volumes"].as_array()) {
      if (v["volume_id"].as_string() == id) return item.id;
    }
  }
  return "";
}

void Agent::tell_metadata() {
  if (!metadata_) return;
  std::vector<network::agent::Instance> instances;
  for (const auto& item : store_->all("server")) {
    if (!item.spec.is_null()) instances.push_back(network::agent::instance_from(item.id, item.spec));
  }
  metadata_->update(instances, store_->complete("compute"));
}

}  // namespace nuri::compute::agent
