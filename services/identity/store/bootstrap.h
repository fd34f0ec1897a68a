#pragma once

#include <string>

#include "services/base/clock.h"
#include "services/base/random.h"
#include "services/db/database.h"
#include "services/identity/store/hasher.h"

namespace nuri::identity {

struct BootstrapOptions {
  std::string password;  // the administrator's
  std::string region;
};

// The Default domain, project and user admin, the roles, region, services and endpoints. Run again
// it adds what is missing, sets the password if it is another, and changes nothing else.
Status bootstrap(db::Database& database, Hasher& hasher, Random& random, const Clock& clock,
                 const BootstrapOptions& options);

}  // namespace nuri::identity
