#pragma once

#include <string>

#include "compute/domain/server.h"

// What a client gets to see of a server: exactly the fields of the microversion asked for.
namespace nuri::compute {

struct Viewer {
  std::string base_url;  // https://host/compute
  bool admin = false;
  int version = 1;
  bool host_up = true;
};

Json brief_server(const Server& server, const Viewer& viewer);
Json server_detail(const Server& server, const Viewer& viewer);   // in a list
Json server_shown(const Server& server, const Viewer& viewer);    // alone
Json server_updated(const Server& server, const Viewer& viewer);  // as PUT answers
// Addresses in short: version and address only, as /ips and a PUT before 2.75 show them.
Json short_addresses(const std::string& shown);
Json links(const Viewer& viewer, const char* collection, const std::string& id);
Json attachment_json(const ServerVolume& volume, const Viewer& viewer);
Json interface_json(const ServerPort& port, const Viewer& viewer);

}  // namespace nuri::compute
