#pragma once

#include <string>
#include <string_view>

#include "compute/routes/app.h"
#include "compute/routes/console_hub.h"

// Screens and serial lines of servers: a URL with a token in it is asked for here, and a websocket
// opened with that token, once, is carried to the guest over a connection that the agent opens.
namespace nuri::compute {

// os-getVNCConsole and os-getSerialConsole, until 2.5.
Result<Response> get_vnc_console(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> get_serial_console(App& app, Context& c, const std::string& id,
                                    const Json& argument);

// Where a client opens this console: a page for "vnc", a websocket for "serial". `base_url` is the
// service's own, with the prefix that it has at the gateway.
std::string console_url(std::string_view base_url, std::string_view kind, std::string_view token);

void add_console_routes(Router& router, App& app, ConsoleHub& hub);

}  // namespace nuri::compute
