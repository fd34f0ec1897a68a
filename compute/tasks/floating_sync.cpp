#include "compute/tasks/floating_sync.h"

#include <chrono>
#include <map>
#include <set>

#include "services/base/log.h"
#include "services/tasks/task.h"

namespace nuri::compute {

namespace {
constexpr auto kEvery = std::chrono::seconds(1);
constexpr TimeUs kRefreshEveryUs = 5 * kSecondUs;  // the list of all ports is longer
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
    if (done && clock_.now_us() - refreshed_us_ > kRefreshEveryUs) {
      refreshed_us_ = clock_.now_us();
      done = refresh_addresses();
    }
    // Said once, not every second, while the network service is away.
    if (!done && !failing)
      log::warning("cannot ask for addresses",
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
                 [](const db::Row& r) {
                   return Row{r.text(0), r.text(1)};
                 });
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

Result<int> FloatingSync::refresh_addresses() {
  using Ips = std::set<std::string>;
  auto rows = TRY(db_.read([&](db::Session& s) {
    return s.all("SELECT id, addresses FROM server_ports WHERE state='bound'", {},
                 [](const db::Row& r) { return std::pair(r.text(0), r.text(1)); });
  }));
  if (rows.empty()) return 0;
  Json got = TRY(network_.call("GET", "/v2.0/ports?fields=id&fields=fixed_ips"));
  std::map<std::string, Ips> there;
  for (const Json& p : got["ports"].as_array()) {
    Ips& ips = there[p["id"].as_string()];
    for (const Json& f : p["fixed_ips"].as_array()) ips.insert(f["ip_address"].as_string());
  }
  int changed = 0;
  for (const auto& [id, addresses] : rows) {
    Ips known;
    for (const Json& a : stored_list(addresses)) known.insert(a["ip"].as_string());
    auto now = there.find(id);
    if (now == there.end() || now->second == known) continue;
    auto whole = network_.call("GET", "/internal/v1/ports/" + id);
    if (!whole && whole.error().code == ErrorCode::not_found) continue;  // deleted since the list
    TRYV(whole);
    std::string text = (*whole)["addresses"].dump();
    changed += TRY(db_.write([&, port_id = id](db::Session& s) {
      auto port = find_port(s, port_id);
      auto server = port ? find_server(s, port->server_id) : std::nullopt;
      if (!server || port->state != "bound" || port->addresses == text) return 0;
      port->addresses = text;
      save_port(s, *port);
      refresh_shown(s, *server);
      save_server(s, *server);
      tasks::signal(s, server->id, clock_.now_us());
      return 1;
    }));
  }
  return changed;
}

}  // namespace nuri::compute
