#pragma once

#include "compute/routes/app.h"

namespace nuri::compute {

// The query of a server list. What a caller may not ask for is ignored, as Nova does before 2.75;
// from then on what is unknown is refused.
Result<ServerFilter> read_server_filter(const Request& request, const Context& c);
// A query parameter that is a time or a whole number. Error: bad_request naming it.
Result<std::optional<TimeUs>> time_of(const Request& request, const char* name);
Result<std::optional<int64_t>> number_of(const Request& request, const char* name);

Result<Response> delete_server(App& app, Context& c);

// Actions on addresses: see addresses.cpp.
Result<Response> add_fixed_ip(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> remove_fixed_ip(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> add_floating_ip(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> remove_floating_ip(App& app, Context& c, const std::string& id,
                                    const Json& argument);

}  // namespace nuri::compute
