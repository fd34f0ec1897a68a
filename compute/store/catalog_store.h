#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compute/domain/flavor.h"
#include "compute/store/ledgers.h"
#include "compute/store/placement_store.h"
#include "services/db/database.h"

// Flavors, keypairs and hosts.
namespace nuri::compute {

void insert_flavor(db::Session& s, const Flavor& f);
bool save_flavor(db::Session& s, const Flavor& f);
bool erase_flavor(db::Session& s, std::string_view id);
std::optional<Flavor> find_flavor(db::Session& s, std::string_view id);
// Those a project sees: public ones and those it was given access to; "" sees all.
std::vector<Flavor> flavors_for(db::Session& s, std::string_view project_id);
bool flavor_visible(db::Session& s, const Flavor& f, std::string_view project_id);
std::vector<std::string> flavor_projects(db::Session& s, std::string_view flavor_id);

void insert_keypair(db::Session& s, Keypair k);  // numbers it
std::optional<Keypair> find_keypair(db::Session& s, std::string_view user_id,
                                    std::string_view name);
std::vector<Keypair> keypairs_of(db::Session& s, std::string_view user_id);
bool erase_keypair(db::Session& s, std::string_view user_id, std::string_view name);

// What an agent said of its host; makes the row at the first word.
void observe_host(db::Session& s, const std::string& name, const Json& state, TimeUs now_us,
                  const std::string& new_id);
std::vector<Host> list_hosts(db::Session& s);
std::optional<Host> find_host(db::Session& s, std::string_view name);
// What an administrator decides of it; the rest is the agent's to say.
bool save_host(db::Session& s, const Host& h);
bool erase_host(db::Session& s, std::string_view name);

}  // namespace nuri::compute
