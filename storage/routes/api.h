#pragma once

#include <functional>

#include "services/base/documents.h"
#include "storage/routes/service.h"

namespace nuri::storage {

inline const MicroversionRange kMicroversions{"volume", "", 3, 0, 70};

// The Block Storage API v3 and the internal routes.
class Api {
 public:
  explicit Api(Service service) : service_(std::move(service)) {}
  Api(const Api&) = delete;
  void add_routes(Router& router);
  void on_task(std::function<void()> wake) { service_.wake = std::move(wake); }

 private:
  Service service_;
};

void add_version_routes(Router& router);
Documents documents();  // for the OpenAPI document

}  // namespace nuri::storage
