#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "services/gateway/options.h"
#include "services/http/client.h"

namespace nuri::gateway {

// One OpenAPI document of the services behind the gateway, with the paths that the world sees.
class OpenApi {
 public:
  explicit OpenApi(const std::vector<Upstream>& upstreams);
  // Asks the services, at most once a minute where all of them answer. What is not there at the
  // moment is named in info["x-nuri-missing"]. Blocking.
  std::string document();

 private:
  Result<Json> fetch(const Upstream& upstream);
  const std::vector<Upstream> upstreams_;
  std::map<std::string, std::unique_ptr<http::Client>> clients_;
  std::mutex mutex_;
  std::string text_;
  int64_t good_until_s_ = 0;  // steady clock
};

// The paths of `part` that the world may call, below prefix, into `whole`. Pure.
void merge_openapi(Json& whole, const Json& part, const std::string& prefix);

}  // namespace nuri::gateway
