#pragma once

#include "services/http/server.h"
#include "services/image/routes/api.h"

namespace nuri::image {

// Decides from a request's header whether its body is received: an upload that would be refused in
// the end, or that the disk has no room for, is refused before a byte of it is kept.
class Edge {
 public:
  // Bytes that may still be written where uploads are received; nullopt: not known.
  using FreeBytes = std::function<std::optional<uint64_t>()>;
  // `reserve`: bytes of the disk that uploads leave alone, for the databases beside them.
  Edge(const Router& router, Api& api, FreeBytes free_bytes, uint64_t reserve)
      : router_(router), api_(api), free_bytes_(std::move(free_bytes)), reserve_(reserve) {}

  http::BodyPlan plan(const Request& request) const;

 private:
  std::optional<Response> refusal(const Request& request, uint64_t announced, uint64_t room) const;
  const Router& router_;
  Api& api_;
  FreeBytes free_bytes_;
  uint64_t reserve_;
};

}  // namespace nuri::image
