#include "services/image/routes/edge.h"

#include <charconv>

namespace nuri::image {

namespace {

uint64_t announced_bytes(const Request& request) {
  std::string text = request.headers.get("Content-Length");
  uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;  // 0 where it comes in chunks
}

// RFC 4918's 507, dressed as Glance's errors are.
Response no_room() {
  return Response::json(
      507, Json::object({{"error", Json::object({{"code", 507},
                                                 {"title", reason_phrase(507)},
                                                 {"message",
                                                  "Image storage media is full: there is not "
                                                  "enough disk space for the image data."}})}}));
}

}  // namespace

std::optional<Response> Edge::refusal(const Request& request, uint64_t announced,
                                      uint64_t room) const {
  if (auto refused = router_.refuse_early(request)) return refused;
  auto claims = router_.options().tokens->check(request.headers.get("X-Auth-Token"));
  if (!claims) return router_.error(claims.error());
  if (Status good = api_.check_upload(request, **claims, announced); !good)
    return router_.error(good.error());
  if (room == 0 || announced > room) return no_room();
  return std::nullopt;
}

http::BodyPlan Edge::plan(const Request& request) const {
  const Route* route = router_.match(request.method, request.path);
  if (!route) return {};
  http::BodyPlan plan{route->body, route->max_body, {}};
  if (route->body != Body::spool) return plan;
  uint64_t room = UINT64_MAX;
  if (auto free = free_bytes_()) room = *free > reserve_ ? *free - reserve_ : 0;
  plan.refusal = refusal(request, announced_bytes(request), room);
  plan.max_bytes = std::min(plan.max_bytes, room);
  return plan;
}

}  // namespace nuri::image
