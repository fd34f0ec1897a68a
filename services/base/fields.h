#pragma once

#include <climits>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "services/base/json.h"

// One table of fields a resource: reading a request, checking it, writing an answer and describing
// both come from it. A field lives in the microversions [since, until].
//
//   const Fields<NetworkCreate> kNetworkCreate = {
//       text("name", &NetworkCreate::name).length(0, 255),
//       number("mtu", &NetworkCreate::mtu).range(68, 65535),
//       text("status", &Network::status).one_of({"ACTIVE", "DOWN"}).out(),
//   };
//   auto in = TRY(kNetworkCreate.read(body, microversion));
//   Json out = kNetwork.write(network, microversion);
//
// A member may be T or std::optional<T>; an absent field leaves it untouched.
namespace nuri {

// What may be said of a value whatever its type; the untyped half of a field.
struct FieldRules {
  std::string name;
  const char* type = "any";     // JSON schema's type name
  bool required = false;
  bool nullable = false;        // null is taken as absent
  bool in = true, out = true;   // read from requests, written to answers
  int since = 0, until = INT_MAX;
  int64_t min = INT64_MIN, max = INT64_MAX;  // of a number, of a text's length, of a list's length
  std::vector<std::string> allowed;
  bool may_be_null = false;     // an answer may hold null
  std::string says;             // for people, in the OpenAPI document
  std::string format;           // "uuid", "ipv4", "ipv6", "ip", "cidr", "mac", "date-time", "name"
  std::function<std::string(const Json&)> check;  // a problem's text, or ""
  std::function<Json(int version, bool reading)> nested;  // schema of the object, or of a list's items
  bool exists_in(int version) const { return version >= since && version <= until; }
};

// The JSON schema (2020-12, as OpenAPI 3.1 has it) of a field.
Json field_schema(const FieldRules& rules, int version, bool reading);

// Shape, length, range, allowed values and format. Error: bad_request naming the field.
Status check_field(const FieldRules& rules, const Json& value);

namespace fields_detail {
template <class M> struct Unwrap { using type = M; static constexpr bool optional = false; };
template <class M> struct Unwrap<std::optional<M>> { using type = M; static constexpr bool optional = true; };
}  // namespace fields_detail

template <class T>
class Fields;

template <class T>
struct Field : FieldRules {
  std::function<Status(T&, const Json&, int)> set;
  std::function<std::optional<Json>(const T&, int)> get;  // nullopt: leave the field out

  Field required_() && { required = true; return std::move(*this); }
  Field nullable_() && { nullable = true; return std::move(*this); }
  Field range(int64_t lo, int64_t hi) && { min = lo; max = hi; return std::move(*this); }
  Field length(int64_t lo, int64_t hi) && { min = lo; max = hi; return std::move(*this); }
  Field one_of(std::vector<std::string> v) && { allowed = std::move(v); return std::move(*this); }
  Field format_(std::string f) && { format = std::move(f); return std::move(*this); }
  Field checked(std::function<std::string(const Json&)> f) && { check = std::move(f); return std::move(*this); }
  Field since_(int v) && { since = v; return std::move(*this); }
  Field until_(int v) && { until = v; return std::move(*this); }
  Field in_only() && { Field::out = false; return std::move(*this); }
  Field out_only() && { Field::in = false; return std::move(*this); }
  // For the OpenAPI document: what it is, and the JSON type of what is computed.
  Field says_(std::string text) && { Field::says = std::move(text); return std::move(*this); }
  Field typed(const char* json_type) && { Field::type = json_type; return std::move(*this); }
};

template <class T>
class Fields {
 public:
  enum class Unknown { refuse, ignore };
  Fields(std::initializer_list<Field<T>> fields) : fields_(fields) {}
  Fields(std::string what, Unknown unknown, std::initializer_list<Field<T>> fields)
      : what_(std::move(what)), unknown_(unknown), fields_(fields) {}

  // Errors: bad_request naming the field and what is allowed; unknown fields are refused unless told.
  Result<T> read(const Json& body, int version = 0) const {
    T out{};
    TRYV(read_into(out, body, version));
    return out;
  }
  // As read, without the required check: a PATCH or PUT that changes only what it names.
  Status update(T& target, const Json& body, int version = 0) const { return read_into(target, body, version, false); }

  Json write(const T& value, int version = 0) const {
    Json out = Json::object();
    out.object_ref().reserve(fields_.size());
    write_into(out, value, version);
    return out;
  }
  void write_into(Json& out, const T& value, int version = 0) const {
    for (const auto& f : fields_) {
      if (!f.out || !f.exists_in(version)) continue;
      if (auto j = f.get(value, version)) out.object_ref().emplace_back(f.name, std::move(*j));
    }
  }
  const std::vector<Field<T>>& list() const { return fields_; }

  // The JSON schema of what is read, or of what is written, in a microversion; nested tables included.
  Json schema(int version, bool reading = false) const {
    Json properties = Json::object(), required = Json::array();
    for (const auto& f : fields_) {
      if (!(reading ? f.in : f.out) || !f.exists_in(version)) continue;
      properties.set(f.name, field_schema(f, version, reading));
      if (reading && f.required) required.push_back(f.name);
    }
    Json out = Json::object({{"type", "object"}, {"properties", std::move(properties)}});
    if (required.size() > 0) out.set("required", std::move(required));
    if (reading && unknown_ == Unknown::refuse) out.set("additionalProperties", false);
    return out;
  }

 private:
  Status read_into(T& out, const Json& body, int version, bool need_required = true) const {
    if (!body.is_object()) return bad_request("The body's " + what_ + " must be an object, not " + body.type_name() + ".", what_);
    for (const auto& [key, value] : body.as_object()) {
      const Field<T>* field = nullptr;
      for (const auto& f : fields_) {
        if (f.name == key && f.in && f.exists_in(version)) field = &f;
      }
      if (!field) {
        if (unknown_ == Unknown::ignore) continue;
        return bad_request("Additional properties are not allowed ('" + key.substr(0, 255) + "' was unexpected).", key.substr(0, 255));
      }
      if (value.is_null() && field->nullable) continue;
      TRYV(check_field(*field, value));
      TRYV(field->set(out, value, version));
    }
    for (const auto& f : fields_) {
      if (need_required && f.required && f.in && f.exists_in(version) && !body.contains(f.name)) {
        return bad_request("'" + f.name + "' is a required property.", f.name);
      }
    }
    return {};
  }
  std::string what_ = "resource";
  Unknown unknown_ = Unknown::refuse;
  std::vector<Field<T>> fields_;
};

namespace fields_detail {
template <class T, class M, class Read, class Write>
Field<T> make(std::string name, const char* type, M T::*member, Read read, Write write) {
  Field<T> f;
  f.name = std::move(name);
  f.type = type;
  f.may_be_null = Unwrap<M>::optional;
  f.set = [member, read](T& t, const Json& j, int v) -> Status {
    (void)v;
    t.*member = read(j);
    return {};
  };
  f.get = [member, write](const T& t, int) -> std::optional<Json> {
    if constexpr (Unwrap<M>::optional) {
      if (!(t.*member)) return Json();
      return write(*(t.*member));
    } else {
      return write(t.*member);
    }
  };
  return f;
}
}  // namespace fields_detail

// std::string or std::optional<std::string>
template <class T, class M>
Field<T> text(std::string name, M T::*member) {
  return fields_detail::make<T, M>(std::move(name), "string", member, [](const Json& j) { return j.as_string(); },
                                   [](const std::string& s) { return Json(s); });
}

// Any integer type. Digits in a string are taken too, as Nova's parameter types do.
template <class T, class M>
Field<T> number(std::string name, M T::*member) {
  using V = typename fields_detail::Unwrap<M>::type;
  return fields_detail::make<T, M>(
      std::move(name), "integer", member,
      [](const Json& j) { return static_cast<V>(j.is_string() ? std::stoll(j.as_string()) : j.as_int()); },
      [](const V& v) { return Json(static_cast<int64_t>(v)); });
}

// bool. "true", "1", "on"... in a string are taken too (field rules turn them away where strict).
bool loose_bool(const Json& j);
template <class T, class M>
Field<T> boolean(std::string name, M T::*member) {
  return fields_detail::make<T, M>(std::move(name), "boolean", member, [](const Json& j) { return loose_bool(j); },
                                   [](bool b) { return Json(b); });
}

// A Json member taken and given as it is.
template <class T, class M>
Field<T> any(std::string name, M T::*member) {
  return fields_detail::make<T, M>(std::move(name), "any", member, [](const Json& j) { return j; },
                                   [](const Json& j) { return j; });
}

// {"key": "value"} of strings; the field's length is the number of keys (keys 1-255, values 0-255).
using StringMap = std::map<std::string, std::string>;
StringMap string_map_from(const Json& j);
Json string_map_json(const StringMap& m);
template <class T, class M>
Field<T> string_map(std::string name, M T::*member) {
  return fields_detail::make<T, M>(std::move(name), "map", member, string_map_from, string_map_json);
}

// std::vector<std::string>
std::vector<std::string> strings_from(const Json& j);
template <class T, class M>
Field<T> strings(std::string name, M T::*member) {
  return fields_detail::make<T, M>(std::move(name), "strings", member, strings_from,
                                   [](const std::vector<std::string>& v) { return Json::strings(v); });
}

// A struct with a table of its own (which must outlive this one: a namespace-scope constant).
template <class T, class M, class S = typename fields_detail::Unwrap<M>::type>
Field<T> object(std::string name, M T::*member, const Fields<S>& fields) {
  Field<T> f = fields_detail::make<T, M>(std::move(name), "object", member, [](const Json&) { return S{}; },
                                         [](const S&) { return Json(); });
  f.nested = [&fields](int v, bool reading) { return fields.schema(v, reading); };
  f.set = [member, &fields](T& t, const Json& j, int v) -> Status {
    t.*member = TRY(fields.read(j, v));
    return {};
  };
  f.get = [member, &fields](const T& t, int v) -> std::optional<Json> {
    if constexpr (fields_detail::Unwrap<M>::optional) {
      return t.*member ? fields.write(*(t.*member), v) : Json();
    } else {
      return fields.write(t.*member, v);
    }
  };
  return f;
}

// std::vector<S> of structs with a table of their own.
template <class T, class S>
Field<T> objects(std::string name, std::vector<S> T::*member, const Fields<S>& fields) {
  Field<T> f;
  f.name = std::move(name);
  f.type = "array";
  f.nested = [&fields](int v, bool reading) { return fields.schema(v, reading); };
  f.set = [member, &fields](T& t, const Json& j, int v) -> Status {
    (t.*member).clear();
    for (const Json& item : j.as_array()) (t.*member).push_back(TRY(fields.read(item, v)));
    return {};
  };
  f.get = [member, &fields](const T& t, int v) -> std::optional<Json> {
    Json out = Json::array();
    for (const S& item : t.*member) out.push_back(fields.write(item, v));
    return out;
  };
  return f;
}

// Written only, from a function of the value: links, derived states.
template <class T, class F>
Field<T> computed(std::string name, F make) {
  Field<T> f;
  f.name = std::move(name);
  f.in = false;
  f.get = [make](const T& t, int) -> std::optional<Json> { return Json(make(t)); };
  f.set = [](T&, const Json&, int) -> Status { return {}; };
  return f;
}

// The member `key` of a request body: {"server": {...}}. Error: bad_request where it is missing.
Result<Json> body_member(std::string_view body, std::string_view key);

}  // namespace nuri
