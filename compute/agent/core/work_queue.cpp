#include "compute/agent/core/work_queue.h"

namespace nuri::compute::agent {

void WorkQueue::start() {
  for (unsigned i = 0; i < threads_; ++i) pool_.emplace_back([this] { loop(); });
}

void WorkQueue::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& t : pool_) t.join();
  pool_.clear();
}

void WorkQueue::wake(const std::string& key, Millis delay) {
  std::lock_guard lock(mutex_);
  Time at = std::chrono::steady_clock::now() + delay;
  if (running_.contains(key)) {
    auto [it, fresh] = again_.emplace(key, at);
    if (!fresh && at < it->second) it->second = at;
    return;
  }
  schedule(key, at);
}

void WorkQueue::schedule(const std::string& key, Time at) {
  auto [it, fresh] = due_.emplace(key, at);
  if (!fresh) {
    if (it->second <= at) return;
    order_.erase({it->second, key});
    it->second = at;
  }
  order_.emplace(at, key);
  wake_.notify_one();
}

bool WorkQueue::idle() const {
  std::lock_guard lock(mutex_);
  if (!running_.empty()) return false;
  return order_.empty() || order_.begin()->first > std::chrono::steady_clock::now();
}

void WorkQueue::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (order_.empty()) {
      wake_.wait(lock);
      continue;
    }
    auto [at, key] = *order_.begin();
    if (at > std::chrono::steady_clock::now()) {
      wake_.wait_until(lock, at);
      continue;
    }
    order_.erase(order_.begin());
    due_.erase(key);
    running_.insert(key);
    lock.unlock();
    work_(key);
    lock.lock();
    running_.erase(key);
    if (auto next = again_.find(key); next != again_.end()) {
      schedule(key, next->second);
      again_.erase(next);
    }
  }
}

}  // namespace nuri::compute::agent
