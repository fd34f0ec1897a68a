#include "services/base/fields.h"

#include <algorithm>
#include <charconv>

#include "services/base/clock.h"
#include "services/base/net.h"
#include "services/base/random.h"

namespace nuri {

namespace {

// Characters, not bytes: what a person counts.
int64_t characters(std::string_view s) {
  return std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::string shown(const Json& value) {
  std::string text = value.is_string() ? value.as_string() : value.dump();
  if (text.size() > 80) text = text.substr(0, 80) + "...";
  return text;
}

Error wrong(const FieldRules& r, const Json& value, const std::string& why) {
  return bad_request("Invalid input for field/attribute " + r.name + ". Value: " + shown(value) + ". " + why, r.name);
}

bool integer_text(const std::string& s) {
  int64_t v;
  auto r = std::from_chars(s.data(), s.data() + s.size(), v);
  return !s.empty() && r.ec == std::errc() && r.ptr == s.data() + s.size();
}

std::string format_problem(const std::string& format, const std::string& text) {
  if (format == "uuid") return is_uuid_like(text) ? "" : "It is not a UUID.";
  if (format == "ip") return IpAddress::parse(text) ? "" : "It is not an IP address.";
  if (format == "ipv4") { auto a = IpAddress::parse(text); return a && a->v4 ? "" : "It is not an IPv4 address."; }
  if (format == "ipv6") { auto a = IpAddress::parse(text); return a && !a->v4 ? "" : "It is not an IPv6 address."; }
  if (format == "cidr") return Cidr::parse(text) ? "" : "It is not a network in CIDR notation (10.0.0.0/24).";
  if (format == "mac") return is_mac(text) ? "" : "It is not a MAC address.";
  if (format == "date-time") return parse_iso(text) ? "" : "It is not an ISO 8601 time.";
  if (format == "name") {
    bool printable = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    bool blank = std::all_of(text.begin(), text.end(), [](char c) { return c == ' '; });
    return printable && !blank ? "" : "It must hold a printable character and no control characters.";
  }
  return "";
}

Status check_text(const FieldRules& r, const Json& value) {
  if (!value.is_string()) return wrong(r, value, std::string("It must be a string, not ") + value.type_name() + ".");
  const std::string& s = value.as_string();
  if (s.find('\0') != std::string::npos) return wrong(r, Json(""), "It must not hold a NUL character.");
  int64_t n = characters(s);
  if (r.max != INT64_MAX && n > r.max) return wrong(r, value, "It is too long: at most " + std::to_string(r.max) + " characters are allowed.");
  if (r.min != INT64_MIN && n < r.min) return wrong(r, value, "It is too short: at least " + std::to_string(r.min) + " characters are needed.");
  if (std::string why = format_problem(r.format, s); !why.empty()) return wrong(r, value, why);
  return {};
}

Status check_number(const FieldRules& r, const Json& value) {
  bool ok = value.is_int() || (value.is_string() && integer_text(value.as_string()));
  if (!ok) return wrong(r, value, std::string("It must be an integer, not ") + value.type_name() + ".");
  int64_t v = value.is_int() ? value.as_int() : std::stoll(value.as_string());
  if (v < r.min) return wrong(r, value, "The least allowed is " + std::to_string(r.min) + ".");
  if (v > r.max) return wrong(r, value, "The most allowed is " + std::to_string(r.max) + ".");
  return {};
}

Status check_size(const FieldRules& r, const Json& value, const char* what) {
  auto n = static_cast<int64_t>(value.size());
  if (r.max != INT64_MAX && n > r.max) return wrong(r, Json(what), "It has " + std::to_string(n) + " entries; at most " + std::to_string(r.max) + " are allowed.");
  if (r.min != INT64_MIN && n < r.min) return wrong(r, Json(what), "It has " + std::to_string(n) + " entries; at least " + std::to_string(r.min) + " are needed.");
  return {};
}

Status check_map(const FieldRules& r, const Json& value) {
  if (!value.is_object()) return wrong(r, value, std::string("It must be an object of strings, not ") + value.type_name() + ".");
  for (const auto& [k, v] : value.as_object()) {
    if (k.empty() || characters(k) > 255) return wrong(r, Json(k), "A key has 1 to 255 characters.");
    if (!v.is_string()) return wrong(r, v, "The value of '" + k + "' must be a string.");
    if (characters(v.as_string()) > 255) return wrong(r, v, "The value of '" + k + "' is too long: at most 255 characters are allowed.");
  }
  return check_size(r, value, "{...}");
}

Status check_strings(const FieldRules& r, const Json& value) {
  if (!value.is_array()) return wrong(r, value, std::string("It must be a list of strings, not ") + value.type_name() + ".");
  for (const Json& item : value.as_array()) {
    if (!item.is_string()) return wrong(r, item, "Each entry must be a string.");
    if (std::string why = format_problem(r.format, item.as_string()); !why.empty()) return wrong(r, item, why);
  }
  return check_size(r, value, "[...]");
}

}  // namespace

Status check_field(const FieldRules& r, const Json& value) {
  std::string_view type = r.type;
  if (type == "string") TRYV(check_text(r, value));
  if (type == "integer") TRYV(check_number(r, value));
  if (type == "map") TRYV(check_map(r, value));
  if (type == "strings") TRYV(check_strings(r, value));
  if (type == "boolean" && !value.is_bool()) {
    static const std::vector<std::string> kWords = {"true", "false", "True", "False", "TRUE", "FALSE", "1", "0", "yes", "no", "on", "off"};
    bool word = value.is_string() && std::find(kWords.begin(), kWords.end(), value.as_string()) != kWords.end();
    bool bit = value.is_int() && (value.as_int() == 0 || value.as_int() == 1);
    if (!word && !bit) return wrong(r, value, "It must be true or false.");
  }
  if (type == "object" && !value.is_object()) return wrong(r, value, std::string("It must be an object, not ") + value.type_name() + ".");
  if (type == "array") {
    if (!value.is_array()) return wrong(r, value, std::string("It must be a list, not ") + value.type_name() + ".");
    TRYV(check_size(r, value, "[...]"));
  }
  if (!r.allowed.empty() && std::find(r.allowed.begin(), r.allowed.end(), value.as_string()) == r.allowed.end()) {
    std::string list;
    for (const auto& a : r.allowed) list += (list.empty() ? "" : ", ") + a;
    return wrong(r, value, "It must be one of: " + list + ".");
  }
  if (r.check) {
    if (std::string why = r.check(value); !why.empty()) return wrong(r, value, why);
  }
  return {};
}

namespace {

// Digits in strings and words for booleans are taken too, but not advertised.
Json plain_schema(const FieldRules& r, int version, bool reading) {
  std::string_view type = r.type;
  Json nested = r.nested ? r.nested(version, reading) : Json::object();
  if (type == "any") return Json::object();
  if (type == "map") return Json::object({{"type", "object"}, {"additionalProperties", Json::object({{"type", "string"}})}});
  if (type == "strings") return Json::object({{"type", "array"}, {"items", Json::object({{"type", "string"}})}});
  if (type == "array") return Json::object({{"type", "array"}, {"items", std::move(nested)}});
  if (type == "object" && r.nested) return nested;
  return Json::object({{"type", type}});
}

const char* least_name(std::string_view type) {
  if (type == "integer") return "minimum";
  if (type == "string") return "minLength";
  return type == "map" ? "minProperties" : "minItems";
}

const char* most_name(std::string_view type) {
  if (type == "integer") return "maximum";
  if (type == "string") return "maxLength";
  return type == "map" ? "maxProperties" : "maxItems";
}

}  // namespace

Json field_schema(const FieldRules& r, int version, bool reading) {
  Json out = plain_schema(r, version, reading);
  std::string_view type = r.type;
  bool bounded = type == "integer" || type == "string" || type == "map" || type == "strings" || type == "array";
  if (reading && bounded) {
    if (r.min > 0 || (r.min != INT64_MIN && type == "integer")) out.set(least_name(type), r.min);
    if (r.max != INT64_MAX) out.set(most_name(type), r.max);
  }
  if (!r.allowed.empty()) out.set("enum", Json::strings(r.allowed));
  if (!r.format.empty() && type == "string" && r.format != "name") out.set("format", r.format);
  if (!r.says.empty()) out.set("description", r.says);
  bool null = reading ? r.nullable : r.may_be_null;
  if (null && out.contains("type")) {
    out.set("type", Json::array({out["type"], "null"}));
    if (out.contains("enum")) out["enum"].push_back(nullptr);
  }
  if (r.since > 0) out.set("x-nuri-since", r.since);
  return out;
}

bool loose_bool(const Json& j) {
  if (j.is_bool()) return j.as_bool();
  if (j.is_int()) return j.as_int() != 0;
  const std::string& s = j.as_string();
  return s == "1" || s == "yes" || s == "on" || s == "true" || s == "True" || s == "TRUE";
}

StringMap string_map_from(const Json& j) {
  StringMap out;
  for (const auto& [k, v] : j.as_object()) out[k] = v.as_string();
  return out;
}

Json string_map_json(const StringMap& m) {
  Json out = Json::object();
  for (const auto& [k, v] : m) out.object_ref().emplace_back(k, v);
  return out;
}

std::vector<std::string> strings_from(const Json& j) {
  std::vector<std::string> out;
  for (const auto& item : j.as_array()) out.push_back(item.as_string());
  return out;
}

Result<Json> body_member(std::string_view body, std::string_view key) {
  Json parsed = TRY(parse_json(body));
  if (!parsed.is_object()) return bad_request("The body must be a JSON object.");
  const Json* member = parsed.find(key);
  if (!member) return bad_request("'" + std::string(key) + "' is a required property of the body.", std::string(key));
  return *member;
}

}  // namespace nuri
