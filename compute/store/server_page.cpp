#include <cstring>

#include "compute/store/pattern.h"
#include "compute/store/server_index_data.h"

// A page of servers by filter and order, out of the index.
namespace nuri::compute {

namespace {

int sign(bool less, bool greater) { return less ? -1 : greater ? 1 : 0; }
template <class T>
int order_of(const T& a, const T& b) {
  return sign(a < b, b < a);
}

bool has_line(std::string_view lines, const std::string& line) {
  if (lines.size() < line.size()) return false;
  for (size_t at = 0; (at = lines.find(line, at)) != std::string_view::npos; ++at) {
    if (at == 0 || lines[at - 1] == '\n') return true;
  }
  return false;
}

bool any_line(std::string_view lines, const Pattern& pattern) {
  while (!lines.empty()) {
    size_t end = lines.find('\n');
    if (pattern.matches(lines.substr(0, end))) return true;
    lines.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

int ServerIndex::Data::compare(SortKey key, uint32_t a, uint32_t b) const {
  const Hot &x = hot[a], &y = hot[b];
  const Cold &p = cold[a], &q = cold[b];
  auto by_word = [this](uint32_t m, uint32_t n) {
    return m == n ? 0 : order_of(words.word(m), words.word(n));
  };
  switch (key) {
    case SortKey::created:
      return order_of(x.created, y.created);
    case SortKey::updated:
      return order_of(x.updated, y.updated);
    case SortKey::launched:
      return order_of(p.launched, q.launched);
    case SortKey::terminated:
      return order_of(p.terminated, q.terminated);
    case SortKey::name:
      return order_of(names.view(x.name), names.view(y.name));
    case SortKey::id:
      return order_of(p.id, q.id);
    case SortKey::vm_state:
      return order_of(compute::name_of(x.vm), compute::name_of(y.vm));
    case SortKey::task_state:
      return order_of(compute::name_of(x.task), compute::name_of(y.task));
    case SortKey::power_state:
      return order_of(x.power, y.power);
    case SortKey::host:
      return by_word(x.host, y.host);
    case SortKey::project:
      return by_word(x.project, y.project);
    case SortKey::user:
      return by_word(x.user, y.user);
    case SortKey::hostname:
      return order_of(p.hostname, q.hostname);
    case SortKey::key_name:
      return by_word(x.key, y.key);
    case SortKey::image:
      return by_word(x.image, y.image);
    case SortKey::flavor:
      return by_word(x.flavor, y.flavor);
    case SortKey::zone:
      return by_word(x.zone, y.zone);
    case SortKey::progress:
      return order_of(p.progress, q.progress);
    case SortKey::locked:
      return order_of(p.locked_by, q.locked_by);
    case SortKey::config_drive:
      return order_of(x.config_drive, y.config_drive);
    case SortKey::launch_index:
      return order_of(p.launch_index, q.launch_index);
    case SortKey::access_ipv4:
      return order_of(p.access_ipv4, q.access_ipv4);
    case SortKey::access_ipv6:
      return order_of(p.access_ipv6, q.access_ipv6);
    case SortKey::description:
      return order_of(p.description, q.description);
    case SortKey::reservation:
      return order_of(p.reservation, q.reservation);
  }
  return 0;
}

// A filter with its words looked up and its expressions read, once a page.
class ServerQuery {
 public:
  using Data = ServerIndex::Data;
  ServerQuery(const Data& data, const ServerFilter& filter) : d_(data), f_(filter) {}

  Status prepare() {
    for (auto [text, member] :
         {std::pair{&f_.project_id, &Hot::project}, std::pair{&f_.image, &Hot::image},
          std::pair{&f_.flavor, &Hot::flavor}, std::pair{&f_.host, &Hot::host},
          std::pair{&f_.zone, &Hot::zone}, std::pair{&f_.user, &Hot::user},
          std::pair{&f_.key_name, &Hot::key}}) {
      if (text->empty()) continue;
      auto number = d_.words.find(*text);
      nothing_ = nothing_ || !number;
      equal_.emplace_back(member, number.value_or(0));
    }
    nothing_ = nothing_ || f_.no_such_status;
    if (!f_.name.empty()) name_ = TRY(Pattern::create(f_.name, "name"));
    if (!f_.description.empty()) description_ = TRY(Pattern::create(f_.description, "description"));
    using enum Pattern::Anchor;
    if (!f_.ip.empty()) ip_ = TRY(Pattern::create(f_.ip, "ip", start));
    if (!f_.ip6.empty()) ip6_ = TRY(Pattern::create(f_.ip6, "ip6", start));
    has_tags_ = !f_.tags.empty() || !f_.tags_any.empty() || !f_.not_tags.empty() ||
                !f_.not_tags_any.empty();
    has_cold_ = !f_.uuid.empty() || !f_.hostname.empty() || !f_.access_ipv4.empty() ||
                !f_.access_ipv6.empty() || !f_.reservation.empty() || f_.progress ||
                f_.launch_index || f_.launched || f_.terminated || description_;
    return {};
  }
  bool nothing() const { return nothing_; }

  bool matches(uint32_t i) const {
    const Hot& h = d_.hot[i];
    for (const auto& [member, number] : equal_) {
      if (h.*member != number) return false;
    }
    if (!f_.both && h.deleted != f_.deleted) return false;
    if (!f_.states.empty() && !in_states(h)) return false;
    if (!f_.vm_state.empty() && f_.vm_state != name_of(h.vm)) return false;
    if (!f_.task_state.empty() && f_.task_state != name_of(h.task)) return false;
    if (f_.locked && *f_.locked != h.locked) return false;
    if (f_.config_drive && *f_.config_drive != h.config_drive) return false;
    if (f_.power_state && *f_.power_state != h.power) return false;
    if (f_.changes_since && h.updated < *f_.changes_since) return false;
    if (f_.changes_before && h.updated > *f_.changes_before) return false;
    if (f_.created && h.created / kSecondUs != *f_.created / kSecondUs) return false;
    if (name_ && !name_->matches(d_.names.view(h.name))) return false;
    if (ip_ && !any_line(d_.addresses.view(h.addresses), *ip_)) return false;
    if (ip6_ && !any_line(d_.addresses.view(h.addresses), *ip6_)) return false;
    return (!has_tags_ || tags_match(d_.tags.view(h.tags))) && (!has_cold_ || cold_matches(i));
  }

 private:
  bool in_states(const Hot& h) const {
    for (const StatePair& p : f_.states) {
      if (p.vm != h.vm) continue;
      // Without tasks a pair stands for those that have no status of their own.
      bool task = p.tasks.empty()
                      ? status_of(h.vm, h.task) == status_of(h.vm, TaskState::none)
                      : std::find(p.tasks.begin(), p.tasks.end(), h.task) != p.tasks.end();
      if (task) return true;
    }
    return false;
  }

  bool tags_match(std::string_view lines) const {
    auto count = [&](const std::vector<std::string>& tags) {
      return static_cast<size_t>(std::count_if(
          tags.begin(), tags.end(), [&](const auto& t) { return has_line(lines, t + "\n"); }));
    };
    return (f_.tags.empty() || count(f_.tags) == f_.tags.size()) &&
           (f_.tags_any.empty() || count(f_.tags_any) > 0) &&
           (f_.not_tags.empty() || count(f_.not_tags) < f_.not_tags.size()) &&
           (f_.not_tags_any.empty() || count(f_.not_tags_any) == 0);
  }

  bool cold_matches(uint32_t i) const {
    const Cold& c = d_.cold[i];
    auto same = [](const std::string& wanted, const std::string& is) {
      return wanted.empty() || wanted == is;
    };
    auto second = [](const std::optional<TimeUs>& wanted, TimeUs is) {
      return !wanted || *wanted / kSecondUs == is / kSecondUs;
    };
    return same(f_.uuid, c.id) && same(f_.hostname, c.hostname) &&
           same(f_.access_ipv4, c.access_ipv4) && same(f_.access_ipv6, c.access_ipv6) &&
           same(f_.reservation, c.reservation) && (!f_.progress || *f_.progress == c.progress) &&
           (!f_.launch_index || *f_.launch_index == c.launch_index) &&
           second(f_.launched, c.launched) && second(f_.terminated, c.terminated) &&
           (!description_ || description_->matches(c.description));
  }

  const Data& d_;
  const ServerFilter& f_;
  bool nothing_ = false, has_tags_ = false, has_cold_ = false;
  std::vector<std::pair<uint32_t Hot::*, uint32_t>> equal_;
  std::optional<Pattern> name_, description_, ip_, ip6_;
};

namespace {

// In the order things were made in no sorting is needed.
template <class Data, class Keep>
std::vector<uint32_t> walk(const Data& d, bool ascending, std::optional<uint32_t> marker,
                           size_t limit, Keep keep) {
  std::vector<uint32_t> out;
  size_t n = d.order.size(), from = 0;
  if (marker) {
    auto at = std::lower_bound(d.order.begin(), d.order.end(), *marker,
                               [&](uint32_t a, uint32_t b) { return d.before(a, b); });
    auto place = static_cast<size_t>(at - d.order.begin());
    from = ascending ? place + 1 : n - place;
  }
  for (size_t k = from; k < n && out.size() < limit; ++k) {
    uint32_t i = d.order[ascending ? k : n - 1 - k];
    if (keep(i)) out.push_back(i);
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> ServerIndex::page(db::Session& s, const ServerFilter& f) {
  refresh(s);
  std::shared_lock lock(mutex_);
  const Data& d = *data_;
  std::optional<uint32_t> marker;
  if (!f.marker.empty()) {
    auto found = d.by_id.find(f.marker);
    bool known =
        found != d.by_id.end() &&
        (f.project_id.empty() || d.words.word(d.hot[found->second].project) == f.project_id);
    if (!known) return bad_request("marker [" + f.marker.substr(0, 80) + "] not found", "marker");
    marker = found->second;
  }
  ServerQuery query(d, f);
  TRYV(query.prepare());
  std::vector<std::string> ids;
  if (query.nothing()) return ids;
  auto limit = static_cast<size_t>(f.limit);
  auto keep = [&](uint32_t i) { return query.matches(i); };
  bool by_age = f.sort.empty() || (f.sort.size() == 1 && f.sort[0].key == SortKey::created);
  std::vector<uint32_t> found;
  if (by_age) {
    found = walk(d, !f.sort.empty() && f.sort[0].ascending, marker, limit, keep);
  } else {
    auto less = [&](uint32_t a, uint32_t b) {
      for (const Sort& k : f.sort) {
        if (int c = d.compare(k.key, a, b)) return k.ascending ? c < 0 : c > 0;
      }
      return f.sort.back().ascending ? d.before(a, b) : d.before(b, a);
    };
    for (uint32_t i : d.order) {
      if ((!marker || less(*marker, i)) && keep(i)) found.push_back(i);
    }
    auto end = found.begin() + static_cast<long>(std::min(limit, found.size()));
    std::partial_sort(found.begin(), end, found.end(), less);
    found.erase(end, found.end());
  }
  ids.reserve(found.size());
  for (uint32_t i : found) ids.push_back(d.cold[i].id);
  return ids;
}

}  // namespace nuri::compute
