#pragma once

#include <memory>
#include <semaphore>
#include <string>

#include "services/base/result.h"

namespace nuri::identity {

// yescrypt (crypt(5), "$y$"): some 16 MiB and tens of milliseconds a hash, so only a few run at
// once. Never call it inside a transaction.
class Hasher {
 public:
  static Result<std::unique_ptr<Hasher>> create(unsigned at_once = 2, unsigned wait_ms = 10'000);

  Result<std::string> hash(const std::string& password);
  // The same work whatever the hash; a hash that is none (or "") is answered by hashing against a
  // fixed one, so that a user that does not exist takes as long as one that does.
  Result<bool> verify(const std::string& password, const std::string& hash);

 private:
  Hasher(unsigned at_once, unsigned wait_ms) : slots_(at_once), wait_ms_(wait_ms) {}
  Result<std::string> run(const std::string& password, const std::string& setting);

  static constexpr std::ptrdiff_t kMostAtOnce = 64;
  std::counting_semaphore<kMostAtOnce> slots_;
  unsigned wait_ms_;
  std::string decoy_;
};

}  // namespace nuri::identity
