#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "services/base/result.h"

namespace nuri {

// The one JSON value of the project: small, ordered, cheap to include. Reading is nlohmann's SAX
// parser behind parse_json (json_parse.cpp); nothing else sees that header.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // insertion order; keys are unique

  Json() : v_(nullptr) {}
  Json(std::nullptr_t) : v_(nullptr) {}
  Json(bool b) : v_(b) {}
  template <class T>
    requires(std::integral<T> && !std::same_as<T, bool>)
  Json(T i) : v_(static_cast<int64_t>(i)) {}
  Json(double d) : v_(d) {}
  Json(std::string s) : v_(std::move(s)) {}
  Json(std::string_view s) : v_(std::string(s)) {}
  Json(const char* s) : v_(std::string(s)) {}
  Json(Array a) : v_(std::move(a)) {}
  Json(Object o) : v_(std::move(o)) {}

  // Json::object({{"a", 1}, {"b", "x"}})
  static Json object(std::initializer_list<Member> members = {}) { return Json(Object(members)); }
  static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }
  static Json strings(const std::vector<std::string>& items);

  bool is_null() const { return v_.index() == 0; }
  bool is_bool() const { return v_.index() == 1; }
  bool is_int() const { return v_.index() == 2; }
  bool is_double() const { return v_.index() == 3; }
  bool is_number() const { return is_int() || is_double(); }
  bool is_string() const { return v_.index() == 4; }
  bool is_array() const { return v_.index() == 5; }
  bool is_object() const { return v_.index() == 6; }
  const char* type_name() const;  // "null", "boolean", "integer", "number", "string", "array", "object"

  // The value if it has that type, else the fallback.
  bool as_bool(bool fallback = false) const;
  int64_t as_int(int64_t fallback = 0) const;
  double as_double(double fallback = 0) const;
  // On a temporary these give values, not references: a loop over parse_json(x)["items"].as_array()
  // must not outlive what it walks.
  const std::string& as_string() const&;                     // "" if not a string
  std::string as_string() && { return std::as_const(*this).as_string(); }
  std::string as_string(std::string_view fallback) const;
  const Array& as_array() const&;                            // empty if not an array
  Array as_array() && { return is_array() ? std::move(array_ref()) : Array(); }
  const Object& as_object() const&;                          // empty if not an object
  Object as_object() && { return is_object() ? std::move(object_ref()) : Object(); }
  Array& array_ref();    // makes it an array if it is not one
  Object& object_ref();  // makes it an object if it is not one

  // Object access. A missing member reads as null.
  const Json* find(std::string_view key) const&;
  const Json* find(std::string_view key) && = delete;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  const Json& operator[](std::string_view key) const&;
  const Json& operator[](const char* key) const& { return (*this)[std::string_view(key)]; }
  Json& operator[](std::string_view key) &;  // inserts null
  Json& operator[](const char* key) & { return (*this)[std::string_view(key)]; }
  Json operator[](std::string_view key) && { return std::as_const(*this)[key]; }
  Json operator[](const char* key) && { return std::as_const(*this)[std::string_view(key)]; }
  Json& set(std::string_view key, Json value);  // insert or replace; returns *this
  bool erase(std::string_view key);

  // Array access; out of range reads as null.
  const Json& at(size_t i) const&;
  Json at(size_t i) && { return std::as_const(*this).at(i); }
  size_t size() const;  // items or members; 0 for scalars
  void push_back(Json item) { array_ref().push_back(std::move(item)); }

  std::string dump() const;        // compact, UTF-8; invalid bytes become U+FFFD
  std::string dump_pretty() const; // two spaces
  void dump_to(std::string& out) const;

  friend bool operator==(const Json& a, const Json& b);  // object order does not matter

 private:
  std::variant<std::nullptr_t, bool, int64_t, double, std::string, Array, Object> v_;
};

// Limits: 64 levels deep. Duplicate keys: the last one wins. Integers beyond int64 become doubles.
// Error: bad_request with the position.
Result<Json> parse_json(std::string_view text);

}  // namespace nuri
