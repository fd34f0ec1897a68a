#pragma once

#include <mutex>
#include <unordered_map>

#include "network/domain/listing.h"
#include "network/store/work.h"

namespace nuri::network {

// The texts of ports that were listed, kept until the port changes. Each list first reads the marks
// of its ports in its own transaction and takes only texts of that very mark: nothing here can be
// stale, whoever wrote the change.
class PortTexts {
 public:
  // As visible_ports, for lists: call it in a reading transaction, whose rows are committed ones.
  std::vector<ShownRow> list(Work& w, const Narrow& narrow);

 private:
  using Text = std::shared_ptr<const std::string>;
  struct Kept {
    PortMark mark;
    Text member, admin;  // null: not asked for yet
  };
  size_t take(const std::vector<PortMark>& marks, bool admin, std::vector<ShownRow>& rows);
  void keep(const PortMark& mark, bool admin, Text text);

  std::mutex mutex_;
  std::unordered_map<std::string, Kept> kept_;  // by id
};

}  // namespace nuri::network
