#include "network/agent/metadata_agent.h"

#include "services/base/log.h"

namespace nuri::network::agent {

namespace {
constexpr auto kRetry = std::chrono::milliseconds(1000);
}

MetadataAgent::MetadataAgent(Options options)
    : options_(std::move(options)), namespaces_(options_.ovs_vsctl, options_.bridge, options_.names) {
  thread_ = std::thread([this] { loop(); });
}

MetadataAgent::~MetadataAgent() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void MetadataAgent::update(const std::vector<Instance>& instances, bool complete) {
  book_.set(instances);
  std::map<std::string, MetadataNetwork> wanted;
  for (const auto& instance : instances) {
    for (const auto& port : instance.ports) {
      if (port.metadata.name.empty()) continue;
      MetadataNetwork network{port.network_id, port.metadata, port.mtu};
      auto [it, fresh] = wanted.emplace(Namespaces::tag_of(port.network_id), network);
      // Specs may be of different ages: the network has as many addresses as subnets.
      if (!fresh && it->second.port.addresses.size() < network.port.addresses.size()) it->second = network;
    }
  }
  std::lock_guard lock(mutex_);
  if (wanted == wanted_ && complete == complete_) return;
  wanted_ = std::move(wanted);
  complete_ = complete;
  changed_ = true;
  wake_.notify_all();
}

void MetadataAgent::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_ = false;
    auto wanted = wanted_;
    bool complete = complete_;
    lock.unlock();
    bool good = reconcile(wanted, complete);
    lock.lock();
    auto pause = good ? std::chrono::milliseconds(options_.tick_ms) : kRetry;
    wake_.wait_for(lock, pause, [this] { return stopping_ || changed_; });
  }
}

Status MetadataAgent::ensure(const std::string& tag, const MetadataNetwork& network) {
  auto made = made_.find(tag);
  bool present = namespaces_.present(tag), served = server_.serves(network.network_id);
  if (made != made_.end() && made->second == network && present && served) return {};
  // A namespace made anew has lost the listener of the old; one that stays keeps it.
  if (!present) server_.remove(network.network_id);
  TRYV(namespaces_.ensure(network));
  if (!present || !served) server_.add(network.network_id, TRY(namespaces_.listen(tag)));
  made_[tag] = network;
  log::info("metadata served", {{"network_id", network.network_id}});
  return {};
}

bool MetadataAgent::reconcile(const std::map<std::string, MetadataNetwork>& wanted, bool complete) {
  bool good = true;
  for (const auto& [tag, network] : wanted) {
    auto done = ensure(tag, network);
    if (done) continue;
    good = false;
    const Error& e = done.error();
    log::warning("metadata is not served yet", {{"network_id", network.network_id}, {"why", e.detail.empty() ? e.message : e.detail}});
  }
  if (!complete) return good;
  for (const auto& tag : namespaces_.list()) {
    if (wanted.contains(tag)) continue;
    if (auto made = made_.find(tag); made != made_.end()) server_.remove(made->second.network_id);
    made_.erase(tag);
    auto removed = namespaces_.remove(tag);
    good = good && removed.ok();
    if (!removed) log::warning("a metadata namespace cannot be removed yet", {{"tag", tag}, {"why", removed.error().message}});
    else log::info("metadata namespace removed", {{"tag", tag}});
  }
  return good;
}

}  // namespace nuri::network::agent
