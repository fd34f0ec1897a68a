#pragma once

#include "compute/routes/app.h"

namespace nuri::compute {

Json flavor_brief(const Flavor& f, const Viewer& v);
Json flavor_json(const Flavor& f, const Viewer& v);
// The flavor {id} of the path, if the caller may see it.
Result<Flavor> load_flavor(db::Session& s, const Context& c);
void add_flavor_spec_routes(Router& router, App& app);

}  // namespace nuri::compute
