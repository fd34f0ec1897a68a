#include "services/identity/routes/identity.h"

#include <charconv>

namespace nuri::identity {

namespace {

constexpr int64_t kMaxRevocations = 1000;

// services/auth/revocation_poller.h
Result<Response> get_revocations(Identity& me, const Request& request, Context&) {
  int64_t after = 0;
  std::string text = request.query.get("after");
  auto read = std::from_chars(text.data(), text.data() + text.size(), after);
  if (!text.empty() && (read.ec != std::errc() || read.ptr != text.data() + text.size())) {
    return bad_request("'after' must be a number.", "after");
  }
  int64_t last = 0;
  auto rows = TRY(me.db.read([&](db::Session& s) {
    last = s.count("SELECT value FROM counters WHERE name='revocation'");
    return me.revocations.after(s, after, kMaxRevocations);
  }));
  Json out = Json::array();
  for (const auto& r : rows) {
    out.push_back(Json::object({{"number", r.number},
                                {"what", what_name(r.revocation.what)},
                                {"id", r.revocation.id},
                                {"before_us", r.revocation.before_us},
                                {"expires_us", r.revocation.expires_us}}));
  }
  return Response::json(200, Json::object({{"revocations", std::move(out)}, {"last", last}}));
}

constexpr Rule kRules[] = {
    {"GET", "/internal/v1/revocations", "internal:list_revocations", get_revocations},
};

}  // namespace

std::span<const Rule> internal_rules() { return kRules; }

}  // namespace nuri::identity
