#pragma once

#include "compute/routes/resolve.h"

namespace nuri::compute {

// POST /servers?dry_run=true: whether the servers asked for would find their place, what they would
// cost an hour and what would be left of the quota. Makes nothing. `first` is the server as it
// would be made, `count` how many are asked for.
Result<Response> dry_run(App& app, const Context& c, const Server& first, const Hints& hints,
                         int64_t count);

}  // namespace nuri::compute
