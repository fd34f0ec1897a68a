#pragma once

#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "services/base/clock.h"

namespace nuri::identity {

// Counts failures in a row per (user, peer), and refuses for a while after too many. It does not
// ask whether the user exists, so that being locked out tells nothing. Memory is bounded: the
// entries untouched for longest are forgotten first.
class Lockout {
 public:
  struct Options {
    int failures = 8;
    TimeUs lock_us = 300 * kSecondUs;
    size_t max_entries = 10'000;
  };
  Lockout(const Clock& clock, Options options) : clock_(clock), options_(options) {}

  bool locked(const std::string& user, const std::string& peer);
  void failed(const std::string& user, const std::string& peer);
  void succeeded(const std::string& user, const std::string& peer);
  size_t size() const;

 private:
  struct Entry {
    std::string key;
    int failures = 0;
    TimeUs last_us = 0;
  };
  static std::string key(const std::string& user, const std::string& peer) {
    return user + '\n' + peer;
  }
  bool over(const Entry& e) const;

  const Clock& clock_;
  Options options_;
  mutable std::mutex mutex_;
  std::list<Entry> order_;  // the last touched first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
};

}  // namespace nuri::identity
