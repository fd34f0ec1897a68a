#pragma once

#include "services/base/fields.h"

// Kinds of field that only Keystone's resources need.
namespace nuri::identity {

// Keystone's booleans are booleans: "False" in a string is refused.
template <class T, class M>
Field<T> strict_boolean(std::string name, M T::*member) {
  return boolean<T>(std::move(name), member).checked([](const Json& j) {
    return j.is_bool() ? std::string() : std::string("It must be true or false, without quotes.");
  });
}

// A string or null; null clears it.
template <class T, class M>
Field<T> text_or_null(std::string name, M T::*member, int64_t most = 255) {
  Field<T> f = text<T>(name, member);
  f.type = "any";
  f.check = [name, most](const Json& j) -> std::string {
    if (j.is_null()) return "";
    FieldRules rules;
    rules.name = name;
    rules.type = "string";
    rules.max = most;
    auto checked = check_field(rules, j);
    return checked.ok()
               ? ""
               : "It must be null or a string of at most " + std::to_string(most) + " characters.";
  };
  f.set = [member](T& t, const Json& j, int) -> Status {
    if (j.is_null())
      t.*member = M{};
    else
      t.*member = j.as_string();
    return {};
  };
  return f;
}

// Left out of answers where it is null or empty.
template <class T>
Field<T> unless_empty(Field<T> f) {
  f.get = [inner = f.get](const T& t, int v) -> std::optional<Json> {
    auto j = inner(t, v);
    if (!j || j->is_null() || (j->is_string() && j->as_string().empty())) return std::nullopt;
    return j;
  };
  return f;
}

// Written as null where it is empty.
template <class T>
Field<T> null_if_empty(Field<T> f) {
  f.get = [inner = f.get](const T& t, int v) -> std::optional<Json> {
    auto j = inner(t, v);
    if (j && j->is_string() && j->as_string().empty()) return Json();
    return j;
  };
  return f;
}

// Resource options: {"immutable": true} and the like; an object of scalars.
template <class T>
Field<T> options(Json T::*member) {
  Field<T> f = any<T>("options", member);
  f.type = "object";
  f.set = [member](T& t, const Json& j, int) -> Status {
    for (const auto& [k, v] : j.as_object()) {
      if (v.is_null())
        (t.*member).erase(k);
      else
        (t.*member).set(k, v);
    }
    return {};
  };
  return f;
}

inline std::string id_problem(const Json& j) {
  const std::string& s = j.as_string();
  bool ok = !s.empty() && s.size() <= 64;
  for (char c : s)
    ok = ok && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                c == '-' || c == '_');
  return ok ? "" : "An id has 1 to 64 letters, digits, '-' or '_'.";
}

template <class T, class M>
Field<T> id_text(std::string name, M T::*member) {
  return text<T>(std::move(name), member).checked(id_problem);
}

}  // namespace nuri::identity
