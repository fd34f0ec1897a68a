#pragma once

#include <algorithm>
#include <cctype>

#include "compute/store/server_index.h"

namespace nuri::compute {

// A piece of an arena.
struct Span {
  uint32_t at = 0, size = 0;
};

// Texts one behind another, so that a walk over them is a walk over memory in order.
class Arena {
 public:
  std::string_view view(Span s) const { return std::string_view(data_).substr(s.at, s.size); }
  // Puts `text` where `old` was if it is the same, else at the end.
  Span put(Span old, std::string_view text);
  bool wasteful() const { return waste_ > (1u << 20) && waste_ > data_.size() / 2; }
  size_t size() const { return data_.size(); }

 private:
  std::string data_;
  size_t waste_ = 0;
};

// Texts that many servers share, as numbers. 0 is "".
class Words {
 public:
  Words() {
    numbers_[""] = 0;
    words_.emplace_back();
  }
  uint32_t number(const std::string& word);
  std::optional<uint32_t> find(const std::string& word) const;
  const std::string& word(uint32_t number) const { return words_[number]; }

 private:
  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<std::string> words_;
};

// What filters look at first.
struct Hot {
  uint32_t project = 0, user = 0, image = 0, flavor = 0, host = 0, zone = 0, key = 0;
  VmState vm = VmState::building;
  TaskState task = TaskState::none;
  bool deleted = false, locked = false, config_drive = false;
  int16_t power = 0;
  TimeUs created = 0, updated = 0;
  Span name, addresses, tags;
};

struct Cold {
  std::string id, hostname, description, access_ipv4, access_ipv6, reservation, locked_by;
  TimeUs launched = 0, terminated = 0;
  int64_t progress = 0, launch_index = 0;
};

struct ServerIndex::Data {
  std::vector<Hot> hot;
  std::vector<Cold> cold;
  std::vector<uint32_t> order;  // by created, id
  std::unordered_map<std::string, uint32_t> by_id;
  Words words;
  Arena names, addresses, tags;  // names in lower case; each address and tag ends with \n
  int64_t last = -1, purged_us = 0;

  bool before(uint32_t a, uint32_t b) const {
    if (hot[a].created != hot[b].created) return hot[a].created < hot[b].created;
    return cold[a].id < cold[b].id;
  }
  // < 0, 0, > 0 by one key.
  int compare(SortKey key, uint32_t a, uint32_t b) const;
  void put(const db::Row& row);
  void drop_purged();
  void compact();
};

std::string lower_of(std::string_view text);

}  // namespace nuri::compute
