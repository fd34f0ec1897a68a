#include "compute/agent/libvirt/call_pool.h"

namespace nuri::compute::agent::libvirt {

CallPool::CallPool(unsigned threads) {
  shared_->running = threads;
  for (unsigned i = 0; i < threads; ++i) std::thread(&CallPool::loop, shared_).detach();
}

CallPool::~CallPool() {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->wake.notify_all();
  // Detached threads that hang in libvirt keep what they need alive; the others end here.
  shared_->ended.wait_for(lock, std::chrono::seconds(2), [this] { return shared_->running == 0; });
}

bool CallPool::submit(std::function<void()> f) {
  std::lock_guard lock(shared_->mutex);
  if (shared_->stopping || shared_->queue.size() >= kMaxQueue) return false;
  shared_->queue.push_back(std::move(f));
  shared_->wake.notify_one();
  return true;
}

void CallPool::loop(std::shared_ptr<Shared> shared) {
  std::unique_lock lock(shared->mutex);
  while (!shared->stopping) {
    if (shared->queue.empty()) {
      shared->wake.wait(lock);
      continue;
    }
    auto f = std::move(shared->queue.front());
    shared->queue.pop_front();
    lock.unlock();
    f();
    f = nullptr;
    lock.lock();
  }
  --shared->running;
  shared->ended.notify_all();
}

}  // namespace nuri::compute::agent::libvirt
