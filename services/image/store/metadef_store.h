#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/db/database.h"
#include "services/image/api/metadef.h"

// The rows of metadata definitions. Functions run inside the caller's transaction.
namespace nuri::image::store {

void insert_namespace(db::Session& s, const Namespace& n);
// Under its old name; its items follow a new one.
void update_namespace(db::Session& s, const std::string& name, const Namespace& n);
void remove_namespace(db::Session& s, std::string_view name);
std::optional<Namespace> find_namespace(db::Session& s, std::string_view name);
// Those that a project sees ("": all), by name.
std::vector<Namespace> namespaces(db::Session& s, std::string_view project_id, bool all);
int64_t count_namespaces(db::Session& s);

void insert_item(db::Session& s, const Item& item);
void update_item(db::Session& s, const std::string& name, const Item& item);
int64_t remove_item(db::Session& s, std::string_view space, std::string_view kind,
                    std::string_view name);
void remove_items(db::Session& s, std::string_view space, std::string_view kind);
std::optional<Item> find_item(db::Session& s, std::string_view space, std::string_view kind,
                              std::string_view name);
std::vector<Item> items(db::Session& s, std::string_view space, std::string_view kind);
// Names of resource types that some namespace is associated with.
std::vector<std::string> resource_types(db::Session& s);

}  // namespace nuri::image::store
