#include "compute/store/server_index_data.h"

#include <mutex>

namespace nuri::compute {

namespace {

constexpr const char* kColumns =
    "SELECT id, project_id, user_id, name, hostname, description, image_id, flavor_id, host, "
    "host_zone, key_name, access_ipv4, access_ipv6, tags, addresses, locked, vm_state, task_state, "
    "power_state, progress, created_us, updated_us, launched_us, terminated_us, deleted, "
    "config_drive, reservation_id, launch_index FROM servers WHERE change_number>?1";

std::string lines(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& i : items) out += i + "\n";
  return out;
}

std::vector<std::string> fixed_addresses(const std::string& shown) {
  std::vector<std::string> out;
  Json all = parse_json(shown).value_or(Json());
  for (const auto& [network, list] : all.as_object()) {
    for (const Json& a : list.as_array()) {
      if (a["OS-EXT-IPS:type"].as_string() == "fixed")
        out.push_back(lower_of(a["addr"].as_string()));
    }
  }
  return out;
}

std::vector<std::string> texts(const std::string& list) {
  std::vector<std::string> out;
  if (list != "[]") {
    for (const Json& t : stored_list(list)) out.push_back(t.as_string());
  }
  return out;
}

}  // namespace

std::string lower_of(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

Span Arena::put(Span old, std::string_view text) {
  if (old.size && view(old) == text) return old;
  waste_ += old.size;
  Span s{static_cast<uint32_t>(data_.size()), static_cast<uint32_t>(text.size())};
  data_ += text;
  return s;
}

uint32_t Words::number(const std::string& word) {
  auto [it, is_new] = numbers_.try_emplace(word, static_cast<uint32_t>(words_.size()));
  if (is_new) words_.push_back(word);
  return it->second;
}
std::optional<uint32_t> Words::find(const std::string& word) const {
  auto it = numbers_.find(word);
  return it == numbers_.end() ? std::nullopt : std::optional(it->second);
}

void ServerIndex::Data::put(const db::Row& r) {
  std::string id = r.text(0);
  auto [it, is_new] = by_id.try_emplace(id, static_cast<uint32_t>(hot.size()));
  uint32_t i = it->second;
  if (is_new) {
    hot.emplace_back();
    cold.emplace_back();
    cold[i].id = id;
  }
  Hot& h = hot[i];
  Cold& c = cold[i];
  h.project = words.number(r.text(1));
  h.user = words.number(r.text(2));
  h.name = names.put(h.name, lower_of(r.text(3)));
  c.hostname = r.text(4);
  c.description = lower_of(r.text(5));
  h.image = words.number(r.text(6));
  h.flavor = words.number(r.text(7));
  h.host = words.number(r.text(8));
  h.zone = words.number(r.text(9));
  h.key = words.number(r.text(10));
  c.access_ipv4 = r.text(11);
  c.access_ipv6 = r.text(12);
  h.tags = tags.put(h.tags, lines(texts(r.text(13))));
  h.addresses = addresses.put(h.addresses, lines(fixed_addresses(r.text(14))));
  c.locked_by = r.text(15);
  h.locked = !c.locked_by.empty();
  h.vm = vm_state_of(r.text(16));
  h.task = task_state_of(r.text(17));
  h.power = static_cast<int16_t>(r.i64(18));
  c.progress = r.i64(19);
  h.created = r.i64(20);
  h.updated = r.i64(21);
  c.launched = r.i64(22);
  c.terminated = r.i64(23);
  h.deleted = r.flag(24);
  h.config_drive = r.flag(25);
  c.reservation = r.text(26);
  c.launch_index = r.i64(27);
  if (!is_new) return;
  // Mostly the newest of all.
  auto less = [this](uint32_t a, uint32_t b) { return before(a, b); };
  if (last < 0 || order.empty() || before(order.back(), i))
    order.push_back(i);
  else
    order.insert(std::upper_bound(order.begin(), order.end(), i, less), i);
}

// Rows that purge_deleted has dropped.
void ServerIndex::Data::drop_purged() {
  auto gone = [this](uint32_t i) { return hot[i].deleted && cold[i].terminated < purged_us; };
  std::erase_if(order, [&](uint32_t i) {
    if (!gone(i)) return false;
    by_id.erase(cold[i].id);
    return true;
  });
  compact();
}

// In order of creation, without what is no longer there.
void ServerIndex::Data::compact() {
  Data fresh;
  fresh.words = words;
  fresh.last = last;
  fresh.purged_us = purged_us;
  for (uint32_t old : order) {
    auto i = static_cast<uint32_t>(fresh.hot.size());
    Hot h = hot[old];
    h.name = fresh.names.put({}, names.view(hot[old].name));
    h.addresses = fresh.addresses.put({}, addresses.view(hot[old].addresses));
    h.tags = fresh.tags.put({}, tags.view(hot[old].tags));
    fresh.hot.push_back(h);
    fresh.cold.push_back(std::move(cold[old]));
    fresh.by_id.emplace(fresh.cold.back().id, i);
    fresh.order.push_back(i);
  }
  *this = std::move(fresh);
}

ServerIndex::ServerIndex() : data_(std::make_unique<Data>()) {}
ServerIndex::~ServerIndex() = default;

size_t ServerIndex::size() const {
  std::shared_lock lock(mutex_);
  return data_->order.size();
}

void ServerIndex::refresh(db::Session& s) {
  int64_t last = 0;
  TimeUs purged = 0;
  s.each("SELECT last, purged_us FROM server_changes WHERE one=1", {}, [&](const db::Row& r) {
    last = r.i64(0);
    purged = r.i64(1);
  });
  {
    std::shared_lock lock(mutex_);
    if (data_->last >= last && data_->purged_us >= purged) return;
  }
  std::unique_lock lock(mutex_);
  if (data_->last < last || data_->last < 0) {
    bool first = data_->last < 0;
    // Under the lock: two refreshes must not mix what they have read.
    s.each(kColumns, {data_->last}, [this](const db::Row& r) { data_->put(r); });
    data_->last = last;
    if (first) {
      std::sort(data_->order.begin(), data_->order.end(),
                [this](uint32_t a, uint32_t b) { return data_->before(a, b); });
      data_->compact();
    }
  }
  if (data_->purged_us < purged) {
    data_->purged_us = purged;
    data_->drop_purged();
  }
  bool wasteful = data_->names.wasteful() || data_->addresses.wasteful() || data_->tags.wasteful();
  if (wasteful) data_->compact();
}

}  // namespace nuri::compute
