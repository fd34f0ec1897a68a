#include "services/identity/domain/lockout.h"

namespace nuri::identity {

bool Lockout::over(const Entry& e) const { return clock_.now_us() - e.last_us > options_.lock_us; }

bool Lockout::locked(const std::string& user, const std::string& peer) {
  std::lock_guard lock(mutex_);
  auto found = by_key_.find(key(user, peer));
  if (found == by_key_.end()) return false;
  if (over(*found->second)) {
    order_.erase(found->second);
    by_key_.erase(found);
    return false;
  }
  return found->second->failures >= options_.failures;
}

void Lockout::failed(const std::string& user, const std::string& peer) {
  std::lock_guard lock(mutex_);
  std::string k = key(user, peer);
  auto found = by_key_.find(k);
  if (found == by_key_.end()) {
    order_.push_front({k, 0, 0});
    by_key_[std::move(k)] = order_.begin();
  } else {
    if (over(*found->second)) found->second->failures = 0;
    order_.splice(order_.begin(), order_, found->second);
  }
  order_.front().failures++;
  order_.front().last_us = clock_.now_us();
  if (order_.size() > options_.max_entries) {
    by_key_.erase(order_.back().key);
    order_.pop_back();
  }
}

void Lockout::succeeded(const std::string& user, const std::string& peer) {
  std::lock_guard lock(mutex_);
  auto found = by_key_.find(key(user, peer));
  if (found == by_key_.end()) return;
  order_.erase(found->second);
  by_key_.erase(found);
}

size_t Lockout::size() const {
  std::lock_guard lock(mutex_);
  return order_.size();
}

}  // namespace nuri::identity
