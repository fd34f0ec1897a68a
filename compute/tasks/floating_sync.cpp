#include "compute/tasks/floating_sync.h"

#include <chrono>
#include <map>
#include <set>

#include "services/base/log.h"
#include "services/tasks/task.h"

namespace nuri::compute {

namespace {
constexpr auto kEvery = std::chrono::seconds(1);
constexpr TimeUs kPurgeEveryUs = 600 * kSecondUs;
constexpr TimeUs kKeepDeletedUs = 24 * 3600 * kSecondUs;  // for changes-since
}  // namespace

void FloatingSync::start() {
  thread_ = std::thread([this] { loop(); });
}

void FloatingSync::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FloatingSync::loop() {
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kEvery, [this] { return stopping_; })) {
    lock.unlock();
    auto done = run_once();
    // Said once, not every second, while the network service is away.
    if (!done && !failing)
      log::warning("cannot ask for floating addresses",
                   {{"why", done.error().message}, {"detail", done.error().detail}});
    failing = !done;
    TimeUs now = clock_.now_us();
    if (now - purged_us_ > kPurgeEveryUs) {
      purged_us_ = now;
      auto purged = db_.write([&](db::Session& s) { purge_deleted(s, now - kKeepDeletedUs); });
      if (!purged) log::error("cannot drop old rows", {{"detail", purged.error().detail}});
    }
    lock.lock();
  }
}

Result<int> FloatingSync::run_once() {
  // Ports first: one that is bound after this look is compared a second later.
  struct Row {
    std::string id, floating;
  };
  auto rows = TRY(db_.read([&](db::Session& s) {
    return s.all("SELECT id, floating FROM server_ports WHERE state='bound'", {},
                 [](const db::Row& r) { return Row{r.text(0), r.text(1)}; });
  }));
  if (rows.empty()) return 0;
  Json got = TRY(network_.call("GET", "/v2.0/floatingips"));
  std::map<std::string, Json> by_port;
  for (const Json& f : got["floatingips"].as_array()) {
    if (!f["port_id"].as_string().empty())
      by_port[f["port_id"].as_string()].push_back(floating_kept(f));
  }
  std::map<std::string, std::string> changed;
  for (const Row& row : rows) {
    auto found = by_port.find(row.id);
    std::string now = found == by_port.end() ? "[]" : found->second.dump();
    if (now != row.floating) changed[row.id] = now;
  }
  if (changed.empty()) return 0;
  return db_.write([&](db::Session& s) {
    std::set<std::string> servers;
    for (const auto& [id, floating] : changed) {
      auto port = find_port(s, id);
      if (!port) continue;
      port->floating = floating;
      save_port(s, *port);
      servers.insert(port->server_id);
    }
    for (const auto& id : servers) {
      auto server = find_server(s, id);
      if (!server) continue;
      refresh_shown(s, *server);
      save_server(s, *server);
      tasks::signal(s, id, clock_.now_us());  // the guest's metadata tells them too
    }
    return static_cast<int>(servers.size());
  });
}

}  // namespace nuri::compute
