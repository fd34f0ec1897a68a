#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compute/domain/server.h"
#include "compute/store/server_filter.h"
#include "services/db/database.h"

// Rows of servers, their ports, volumes and actions. All inside a caller's transaction; a writer
// reads the row, changes the struct and saves it whole in the same transaction.
namespace nuri::compute {

void insert_server(db::Session& s, const Server& server);
bool save_server(db::Session& s, const Server& server);
// Deleted ones too.
std::optional<Server> find_server(db::Session& s, std::string_view id);

// Rows as a list shows them (without image, user data, keys, placement), in the order of `ids`;
// one that is not there is left out. See server_index.h.
std::vector<Server> listed_servers(db::Session& s, const std::vector<std::string>& ids,
                                   bool user_data = false);
std::vector<Server> servers_on(db::Session& s, std::string_view host);
// Those that ran between two times, gone ones too; "" is every project.
std::vector<Server> servers_used(db::Session& s, std::string_view project_id, TimeUs begin_us,
                                 TimeUs end_us);

void insert_port(db::Session& s, const ServerPort& port);
bool save_port(db::Session& s, const ServerPort& port);
void erase_port(db::Session& s, std::string_view id);
std::optional<ServerPort> find_port(db::Session& s, std::string_view id);
std::vector<ServerPort> ports_of(db::Session& s, std::string_view server_id);

void insert_volume(db::Session& s, const ServerVolume& volume);
bool save_volume(db::Session& s, const ServerVolume& volume);
void erase_volume(db::Session& s, std::string_view attachment_id);
std::vector<ServerVolume> volumes_of(db::Session& s, std::string_view server_id);
std::optional<ServerVolume> find_volume(db::Session& s, std::string_view server_id,
                                        std::string_view volume_id);
// Does any server have it, or is to get it?
bool volume_promised(db::Session& s, std::string_view volume_id, std::string_view project_id);

// The JSON a list shows of ports and volumes, rebuilt into the server from their rows.
void refresh_shown(db::Session& s, Server& server);

void record_action(db::Session& s, const InstanceAction& action);
// Ends what is unfinished of a server.
void finish_actions(db::Session& s, std::string_view server_id, TimeUs now_us,
                    std::string_view result, std::string_view message = {});
// Ends those of these names.
void finish_actions(db::Session& s, std::string_view server_id,
                    std::initializer_list<std::string_view> actions_over, TimeUs now_us,
                    std::string_view result, std::string_view message = {});
// Says of an unfinished action how it stands. Answers whether that was news.
bool note_progress(db::Session& s, std::string_view server_id, std::string_view action,
                   TimeUs now_us, std::string_view message);
std::vector<InstanceAction> actions_of(db::Session& s, std::string_view server_id);

// Drops what has been deleted for longer than clients ask for.
void purge_deleted(db::Session& s, TimeUs before_us);

}  // namespace nuri::compute
