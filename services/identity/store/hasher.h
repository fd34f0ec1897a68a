#pragma once

#include <atomic>
#include <memory>
#include <semaphore>
#include <string>

#include "services/base/result.h"

namespace nuri::identity {

// yescrypt (crypt(5), "$y$"): some 16 MiB and tens of milliseconds a hash, so only a few run at
// once. Never call it inside a transaction.
class Hasher {
 public:
  // Over max_waiting callers that wait for their turn, more are refused at once: whoever floods us
  // with passwords must not hold all the threads that check tokens.
  static Result<std::unique_ptr<Hasher>> create(unsigned at_once = 2, unsigned max_waiting = 48);

  Result<std::string> hash(const std::string& password);
  // The same work whatever the hash; a hash that is none (or "") is answered by hashing against a
  // fixed one, so that a user that does not exist takes as long as one that does.
  Result<bool> verify(const std::string& password, const std::string& hash);

 private:
  Hasher(unsigned at_once, unsigned max_waiting) : slots_(at_once), max_waiting_(max_waiting) {}
  Result<std::string> run(const std::string& password, const std::string& setting);

  static constexpr std::ptrdiff_t kMostAtOnce = 64;
  std::counting_semaphore<kMostAtOnce> slots_;
  unsigned max_waiting_;
  std::atomic<unsigned> waiting_{0};
  std::string decoy_;
};

}  // namespace nuri::identity
