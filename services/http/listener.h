#pragma once

#include <sys/socket.h>

#include <string>

#include "services/base/result.h"

namespace nuri::http {

// Binds and listens on a numeric address. Non-blocking.
Result<int> listen_on(const std::string& address, uint16_t port);
uint16_t port_of(int fd);
// A pending connection, or -1 with errno; `peer` is its numeric address.
int accept_one(int listener, std::string& peer);
// Starts connecting to a numeric address; -1 if that cannot even begin.
int start_connect(const std::string& host, uint16_t port);
int connect_error(int fd);  // errno of a finished connect

}  // namespace nuri::http
