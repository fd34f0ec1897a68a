#pragma once

#include <map>
#include <string>
#include <vector>

#include "compute/api/json_text.h"
#include "compute/domain/server.h"

// What a client gets to see of a server: exactly the fields of the microversion asked for.
namespace nuri::compute {

struct Viewer {
  std::string base_url;  // https://host/compute
  bool admin = false;
  int version = 1;
  // host -> UP, DOWN or MAINTENANCE; asked for by administrators from 2.16 on.
  std::map<std::string, std::string> host_states = {};
  std::string server_group = {};  // of the one server shown; "" if none
  // A page's servers share projects and hosts: each id is hashed once.
  mutable std::map<std::string, std::string> host_ids = {};
};

// Into the text of a list or of {"server": ...}.
void write_brief(JsonText& out, const Server& server, const Viewer& viewer);
void write_detail(JsonText& out, const Server& server, const Viewer& viewer);  // in a list
void write_shown(JsonText& out, const Server& server, const Viewer& viewer);   // alone
Json server_updated(const Server& server, const Viewer& viewer);  // as PUT answers
// JSON schema of a server as it is shown (alone or in a list) in a microversion.
Json server_schema(int version, bool alone);

// Addresses in short: version and address only, as /ips and a PUT before 2.75 show them.
Json short_addresses(const std::string& shown);
Json links(const Viewer& viewer, const char* collection, const std::string& id);
Json attachment_json(const ServerVolume& volume, const Viewer& viewer);
Json interface_json(const ServerPort& port, const Viewer& viewer);

}  // namespace nuri::compute
