#include "compute/routes/console_hub.h"

#include <algorithm>
#include <chrono>

namespace nuri::compute {

namespace {
constexpr unsigned kTickMs = 250;                       // how late an end sees the other's
constexpr int64_t kIdleUs = int64_t{3600} * 1'000'000;  // a forgotten console ends

int64_t steady_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}
}  // namespace

Status ConsoleHub::announce(const std::string& session, const std::string& server_id,
                            const std::string& host, const std::string& project_id) {
  const std::lock_guard lock(mutex_);
  const auto open = std::count_if(meetings_.begin(), meetings_.end(), [&](const auto& item) {
    return item.second->server_id == server_id;
  });
  if (open >= kMaxOfServer)
    return conflict("This server has " + std::to_string(open) + " consoles open already.");
  const auto of_project = std::count_if(meetings_.begin(), meetings_.end(), [&](const auto& item) {
    return item.second->project_id == project_id;
  });
  if (of_project >= kMaxOfProject)
    return conflict("This project has " + std::to_string(of_project) + " consoles open already.");
  auto meeting = std::make_shared<Meeting>();
  meeting->server_id = server_id;
  meeting->host = host;
  meeting->project_id = project_id;
  meetings_[session] = std::move(meeting);
  return {};
}

void ConsoleHub::cancel(const std::string& session) {
  {
    const std::lock_guard lock(mutex_);
    meetings_.erase(session);
  }
  changed_.notify_all();
}

bool ConsoleHub::awaited(const std::string& session, const std::string& host) {
  const std::lock_guard lock(mutex_);
  const auto found = meetings_.find(session);
  return found != meetings_.end() && found->second->host == host && !found->second->agent;
}

bool ConsoleHub::user(const std::string& session, WebSocket& socket, unsigned wait_ms) {
  Held meeting;
  {
    std::unique_lock lock(mutex_);
    const auto found = meetings_.find(session);
    if (found == meetings_.end()) return false;
    meeting = found->second;
    meeting->user = &socket;
    meeting->last_us = steady_us();
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                      [&] { return meeting->agent != nullptr; });
    if (!meeting->agent) {
      meetings_.erase(session);  // who comes now finds nobody
      return false;
    }
  }
  carry(*meeting, *meeting->user, *meeting->agent);
  leave(meeting, session);
  return true;
}

void ConsoleHub::agent(const std::string& session, WebSocket& socket) {
  Held meeting;
  {
    std::unique_lock lock(mutex_);
    const auto found = meetings_.find(session);
    if (found == meetings_.end() || found->second->agent) return;
    meeting = found->second;
    meeting->agent = &socket;
    changed_.notify_all();
    // The user's thread is on its way: it is what asked for the agent.
    changed_.wait(lock, [&] { return meeting->user || !meetings_.contains(session); });
    if (!meeting->user) return;
  }
  carry(*meeting, *meeting->agent, *meeting->user);
  leave(meeting, session);
}

void ConsoleHub::carry(Meeting& meeting, WebSocket& from, WebSocket& to) {
  while (!meeting.over && steady_us() - meeting.last_us < kIdleUs) {
    const auto message = from.receive(kTickMs);
    if (!message && message.error().code == ErrorCode::timeout) continue;
    if (!message || !*message) break;
    meeting.last_us = steady_us();
    if (!to.send(**message, true)) break;
  }
  meeting.over = true;
}

// Neither socket may go while the other's thread could still be sending to it.
void ConsoleHub::leave(const Held& meeting, const std::string& session) {
  std::unique_lock lock(mutex_);
  ++meeting->left;
  changed_.notify_all();
  changed_.wait(lock, [&] { return meeting->left == 2; });
  meetings_.erase(session);
}

}  // namespace nuri::compute
