#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "services/base/result.h"

namespace nuri::compute::agent::libvirt {

// libvirt's calls have no timeout of their own. Each runs on a thread of this pool while the caller
// waits until its deadline; a call that hangs holds one thread and nobody else. With all threads
// held, new calls are refused at once.
class CallPool {
 public:
  explicit CallPool(unsigned threads);
  ~CallPool();  // does not wait for calls that hang

  // `f` returns Result<T> and must own all that it uses: it may outlive the caller.
  template <class F>
  auto run(unsigned timeout_ms, F f) -> decltype(f()) {
    using R = decltype(f());
    struct Slot {
      std::mutex mutex;
      std::condition_variable done;
      std::optional<R> result;
    };
    auto slot = std::make_shared<Slot>();
    bool taken = submit([slot, f = std::move(f)]() mutable {
      R result = f();
      std::lock_guard lock(slot->mutex);
      slot->result.emplace(std::move(result));
      slot->done.notify_all();
    });
    if (!taken) return R(unavailable("libvirt does not keep up with the calls made to it."));
    std::unique_lock lock(slot->mutex);
    if (!slot->done.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return slot->result.has_value(); })) {
      return R(Error(ErrorCode::timeout, "libvirt did not answer within " + std::to_string(timeout_ms) + " ms."));
    }
    return std::move(*slot->result);
  }

 private:
  static constexpr size_t kMaxQueue = 64;
  struct Shared {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> queue;
    bool stopping = false;
    unsigned running = 0;
    std::condition_variable ended;
  };
  bool submit(std::function<void()> f);
  static void loop(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace nuri::compute::agent::libvirt
