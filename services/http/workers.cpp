#include "services/http/workers.h"

#include <exception>

#include "services/base/log.h"

namespace nuri::http {

Workers::Workers(unsigned threads, size_t max_queue) : max_queue_(max_queue) {
  idle_ = threads;
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

bool Workers::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    // Idle threads take jobs off the queue at once, so those do not count as waiting.
    if (stopping_ || queue_.size() >= max_queue_ + idle_) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    --idle_;
    {
      const std::function<void()> job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      try {
        job();
      } catch (const std::exception& e) {
        log::error("job ended with an exception", {{"what", e.what()}});
      }
    }
    lock.lock();
    ++idle_;
  }
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

}  // namespace nuri::http
