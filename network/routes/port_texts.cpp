#include "network/routes/port_texts.h"

#include "network/routes/routes.h"

namespace nuri::network {

namespace {

constexpr size_t kMostKept = 10'000;  // ports, of some 1 KB for each kind of viewer
constexpr size_t kFewMissing = 16;    // beyond, all rows in one query are quicker

}  // namespace

// Fills what is kept of these very ports; returns how many are missing.
size_t PortTexts::take(const std::vector<PortMark>& marks, bool admin,
                       std::vector<ShownRow>& rows) {
  size_t missing = 0;
  std::lock_guard lock(mutex_);
  for (const PortMark& mark : marks) {
    ShownRow& row = rows.emplace_back(ShownRow{mark.id, nullptr});
    auto found = kept_.find(mark.id);
    if (found != kept_.end() && found->second.mark == mark)
      row.text = admin ? found->second.admin : found->second.member;
    missing += row.text == nullptr;
  }
  return missing;
}

void PortTexts::keep(const PortMark& mark, bool admin, Text text) {
  std::lock_guard lock(mutex_);
  if (kept_.size() >= kMostKept && !kept_.contains(mark.id)) kept_.clear();
  Kept& kept = kept_[mark.id];
  if (kept.mark != mark) kept = Kept{mark, nullptr, nullptr};
  (admin ? kept.admin : kept.member) = std::move(text);
}

std::vector<ShownRow> PortTexts::list(Work& w, const Narrow& narrow) {
  bool admin = w.caller.admin;
  std::vector<PortMark> marks = visible_port_marks(w, narrow);
  std::vector<ShownRow> rows;
  rows.reserve(marks.size());
  size_t missing = take(marks, admin, rows);
  if (missing == 0) return rows;
  std::unordered_map<std::string, Port> all;
  if (missing > kFewMissing) {
    for (Port& p : visible_ports(w, narrow)) all.emplace(p.id, std::move(p));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].text) continue;
    auto found = all.find(rows[i].id);
    if (found == all.end()) {
      auto port = load_one(w.s, ports(), rows[i].id);
      if (!port) continue;  // the transaction that showed its mark shows the port
      found = all.emplace(port->id, std::move(*port)).first;
    }
    rows[i].text = std::make_shared<const std::string>(port_json(found->second, admin).dump());
    keep(marks[i], admin, rows[i].text);
  }
  std::erase_if(rows, [](const ShownRow& row) { return !row.text; });
  return rows;
}

}  // namespace nuri::network
