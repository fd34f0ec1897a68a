#pragma once

#include "network/api/fields.h"

// Makers for tables of structs that inherit Common: a member of the base is taken as one of T's.
namespace nuri::network {

template <class T>
struct Make {
  template <class B, class M>
  static Field<T> text(const char* name, M B::*m) {
    return nuri::text<T, M>(name, m);
  }
  template <class B, class M>
  static Field<T> number(const char* name, M B::*m) {
    return nuri::number<T, M>(name, m);
  }
  template <class B, class M>
  static Field<T> flag(const char* name, M B::*m) {
    return nuri::boolean<T, M>(name, m);
  }
  template <class B>
  static Field<T> list(const char* name, std::vector<std::string> B::*m) {
    return nuri::strings<T, std::vector<std::string>>(name, m);
  }
  template <class S>
  static Field<T> objects(const char* name, std::vector<S> T::*m, const Fields<S>& f) {
    return nuri::objects<T, S>(name, m, f);
  }

  // Checked for its shape here, read from the body by the code that knows the rest: its absence,
  // null and value mean different things, or need the database.
  static Field<T> raw(const char* name, const char* type = "any") {
    Field<T> f;
    f.name = name;
    f.type = type;
    f.out = false;
    f.nullable = true;
    f.set = [](T&, const Json&, int) -> Status { return {}; };
    f.get = [](const T&, int) -> std::optional<Json> { return std::nullopt; };
    return f;
  }
  template <class F>
  static Field<T> out(const char* name, F make) {
    return nuri::computed<T>(name, make);
  }

  static Field<T> name() { return text("name", &T::name).length(0, 255).nullable_(); }
  static Field<T> description() {
    return text("description", &T::description).length(0, 255).nullable_();
  }
  static Field<T> project() { return raw("project_id", "string").length(0, 255); }
  static Field<T> tenant() { return raw("tenant_id", "string").length(0, 255); }

  static Field<T> zone_hints() {
    return list("availability_zone_hints", &T::zone_hints).length(0, 10).nullable_();
  }

  static Field<T> id() { return text("id", &T::id); }
  static Field<T> project_out() { return text("project_id", &T::project_id); }
  static Field<T> tenant_out() { return text("tenant_id", &T::project_id); }
  static Field<T> tags() { return list("tags", &T::tags); }
  static Field<T> revision() { return number("revision_number", &T::revision); }
  static Field<T> created() {
    return out("created_at", [](const T& t) { return iso_seconds(t.created_us); });
  }
  static Field<T> updated() {
    return out("updated_at", [](const T& t) { return iso_seconds(t.updated_us); });
  }
};

}  // namespace nuri::network
