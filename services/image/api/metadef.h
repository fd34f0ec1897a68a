#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/base/fields.h"

// Metadata definitions (Glance's metadefs): a catalogue of what properties of images, volumes,
// flavors and servers mean. Nothing here depends on it; dashboards read it.
namespace nuri::image {

inline constexpr int64_t kMaxNamespaces = 4096;
inline constexpr int64_t kMaxNamespaceItems = 1024;  // of one kind

struct Namespace {
  std::string name;
  std::optional<std::string> display_name, description;
  std::string visibility = "private";
  bool is_protected = false;
  std::string owner;
  TimeUs created_us = 0, updated_us = 0;
  // Read from a create only: what it shall hold from the start.
  Json resource_types, objects, properties, tags;
};
extern const Fields<Namespace> kNamespace;

// What a namespace holds. One table of fields a kind; the value is kept as it was read.
struct ItemKind {
  std::string segment;  // of the path: "objects"
  std::string name;     // "object": in the store, and of its schema
  std::string list;     // the member of a list's answer
  const Fields<Json>* fields;
  bool timed;  // its view has created_at and updated_at
};
const std::vector<ItemKind>& item_kinds();

struct Item {
  std::string namespace_name, kind, name;
  Json body;
  TimeUs created_us = 0, updated_us = 0;
};
Json item_view(const ItemKind& kind, const Item& item);

// Known without any namespace: what the services of this cloud have properties of.
extern const std::vector<std::string> kResourceTypes;

// By their names below "metadefs/": "namespace", "namespaces", "object"...
std::vector<std::pair<std::string, Json>> metadef_schemas();

}  // namespace nuri::image
