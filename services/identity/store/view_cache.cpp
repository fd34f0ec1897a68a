#include "services/identity/store/view_cache.h"

#include "services/identity/store/schema.h"

namespace nuri::identity {

namespace {
constexpr int64_t kPage = 1000;
}

Status ViewCache::look(db::Session& s) {
  int64_t version = s.count("SELECT value FROM counters WHERE name='catalog'");
  int64_t after;
  bool stale;
  {
    std::shared_lock lock(mutex_);
    after = revocation_;
    stale = version != version_ || !catalog_;
  }
  for (;;) {
    auto page = revocations_.after(s, after, kPage);
    std::vector<auth::Revocation> rows;
    for (const auto& r : page) rows.push_back(r.revocation);
    if (!page.empty()) {
      after = page.back().number;
      verifier_.revoke(rows);
    }
    if (page.size() < kPage) break;
  }
  std::shared_ptr<const Catalog> made;
  if (stale)
    made = std::make_shared<const Catalog>(make_catalog(kServices.list(s), kEndpoints.list(s)));
  std::unique_lock lock(mutex_);
  revocation_ = std::max(revocation_, after);
  if (made) {
    version_ = version;
    catalog_ = std::move(made);
    bodies_.clear();
  }
  return {};
}

Status ViewCache::refresh() {
  TimeUs now = clock_.now_us(), last = looked_us_.load();
  if (last != 0 && now - last < kLookEvery) return {};
  if (!looked_us_.compare_exchange_strong(last, now)) return {};
  return db_.read([this](db::Session& s) { return look(s); });
}

Result<std::shared_ptr<const Catalog>> ViewCache::catalog() {
  TRYV(refresh());
  {
    std::shared_lock lock(mutex_);
    if (catalog_) return catalog_;
  }
  TRYV(db_.read([this](db::Session& s) { return look(s); }));
  std::shared_lock lock(mutex_);
  return catalog_;
}

void ViewCache::catalog_changed(db::Session& s) {
  s.exec("UPDATE counters SET value=value+1 WHERE name='catalog'");
  s.after_commit([this] {
    std::unique_lock lock(mutex_);
    catalog_ = nullptr;
    bodies_.clear();
  });
}

std::shared_ptr<const std::string> ViewCache::body(const std::string& key) const {
  std::shared_lock lock(mutex_);
  auto found = bodies_.find(key);
  return found == bodies_.end() ? nullptr : found->second;
}

void ViewCache::keep_body(const std::string& key, std::string body) {
  auto kept = std::make_shared<const std::string>(std::move(body));
  std::unique_lock lock(mutex_);
  if (bodies_.size() >= kMaxBodies) bodies_.clear();
  bodies_[key] = std::move(kept);
}

}  // namespace nuri::identity
