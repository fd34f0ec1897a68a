#include "services/image/domain/image_patch.h"

#include <algorithm>

namespace nuri::image {

namespace {

constexpr size_t kMaxOperations = 256;

// "/name" of RFC 6901: ~1 is '/', ~0 is '~'. Images are flat: one member only.
Result<std::string> member_of(const std::string& path) {
  Error shape = bad_request(
      "Pointer `" + path.substr(0, 255) + "` must name one member of the image, as /name.", "path");
  if (path.size() < 2 || path[0] != '/') return shape;
  std::string out;
  for (size_t i = 1; i < path.size(); ++i) {
    if (path[i] == '/') return shape;
    if (path[i] != '~') {
      out += path[i];
      continue;
    }
    char next = i + 1 < path.size() ? path[i + 1] : '\0';
    if (next != '0' && next != '1') return shape;
    out += next == '0' ? '~' : '/';
    ++i;
  }
  return out;
}

Status set_base(Image& image, const std::string& name, const Json& value) {
  if (name == "id") return forbidden("Attribute 'id' is read-only.");
  bool format = name == "disk_format" || name == "container_format";
  if (format && image.status != "queued") {
    return forbidden("Attribute " + name + " can be only replaced for a queued image.");
  }
  // Null empties what can be empty; the table takes null as "not said".
  if (value.is_null()) {
    if (name == "name")
      image.name.reset();
    else if (name == "disk_format")
      image.disk_format.reset();
    else if (name == "container_format")
      image.container_format.reset();
    else
      return bad_request("The attribute '" + name + "' must not be null.", name);
    return {};
  }
  TRYV(kImage.update(image, Json::object({{name, value}})));
  if (name == "tags") {
    std::sort(image.tags.begin(), image.tags.end());
    image.tags.erase(std::unique(image.tags.begin(), image.tags.end()), image.tags.end());
  }
  return {};
}

Status apply_one(Image& image, const Json& operation) {
  const std::string& op = operation["op"].as_string();
  if (op != "add" && op != "replace" && op != "remove") {
    return bad_request(
        "Operation: `" + op.substr(0, 40) + "` must be one of: add, replace, remove.", "op");
  }
  if (!operation["path"].is_string())
    return bad_request("Each operation must have a path.", "path");
  std::string name = TRY(member_of(operation["path"].as_string()));
  TRYV(check_writable(name));
  const Json* value = operation.find("value");
  if (op != "remove" && !value)
    return bad_request("Operation \"" + op + "\" requires a member named \"value\".", "value");
  if (is_base_property(name)) {
    if (op == "remove") return forbidden("Property " + name + " may not be removed.");
    return set_base(image, name, *value);
  }
  bool there = image.properties.contains(name);
  if (op != "add" && !there) return conflict("Property " + name + " does not exist.");
  if (op == "remove" || (value->is_null() && may_be_null(name))) {
    image.properties.erase(name);
    return {};
  }
  if (std::string why = property_problem(name, *value); !why.empty()) return bad_request(why, name);
  image.properties[name] = value->as_string();
  if (static_cast<int64_t>(image.properties.size()) > kMaxProperties) {
    return Error(ErrorCode::too_large,
                 "An image has at most " + std::to_string(kMaxProperties) + " properties.");
  }
  return {};
}

}  // namespace

Json current_patch(const Json& old) {
  Json out = old.is_array() ? Json::array() : old;
  for (const Json& operation : old.as_array()) {
    Json now = operation;
    for (const char* op : {"add", "replace", "remove"}) {
      if (!operation.contains(op)) continue;
      now.erase(op);
      now.set("op", op).set("path", operation[op]);
      break;
    }
    out.push_back(std::move(now));
  }
  return out;
}

Status apply_patch(Image& image, const Json& patch) {
  if (!patch.is_array())
    return bad_request("Request body must be a JSON array of operation objects.");
  if (patch.size() > kMaxOperations) {
    return bad_request("At most " + std::to_string(kMaxOperations) +
                       " operations are allowed at once.");
  }
  for (const Json& operation : patch.as_array()) {
    if (!operation.is_object()) return bad_request("Operations must be JSON objects.");
    TRYV(apply_one(image, operation));
  }
  return {};
}

}  // namespace nuri::image
