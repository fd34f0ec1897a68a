#pragma once

#include <memory>

#include "services/base/random.h"
#include "services/gateway/options.h"

namespace nuri::gateway {

// The cloud's one door: TLS, routing by path, limits, request ids, the console's files.
Result<std::unique_ptr<http::Server>> create_gateway(const Options& options, Random& random);

}  // namespace nuri::gateway
