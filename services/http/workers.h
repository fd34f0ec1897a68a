#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nuri::http {

// A bounded pool of threads for ordinary blocking code.
class Workers {
 public:
  Workers(unsigned threads, size_t max_queue);
  ~Workers() { stop(); }
  // False if the queue is full or the pool has stopped; the job is then not run.
  bool submit(std::function<void()> job);
  void stop();  // runs what is queued, then joins

 private:
  void work();
  const size_t max_queue_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nuri::http
