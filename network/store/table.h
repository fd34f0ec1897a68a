#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "network/store/quota.h"
#include "services/base/fields.h"

// A table whose columns are a struct's members: reading and writing both come from one list. Rows
// that cost quota enter and leave the ledger with the table, so that the two cannot differ.
namespace nuri::network {

template <class T>
struct Column {
  const char* name;
  std::function<db::Arg(const T&)> get;
  std::function<void(T&, const db::Row&, int)> set;
};

// Most of what is stored as JSON is nothing, and need not be parsed.
inline Json stored_json(const db::Row& r, int i) {
  std::string text = r.text(i);
  if (text.empty()) return Json();
  if (text == "[]") return Json::array();
  if (text == "{}") return Json::object();
  return parse_json(text).value_or(Json());
}

// M: std::string, bool, int64_t, optional of string or int64_t, vector<string>, Json.
template <class T, class B, class M>
Column<T> column(const char* name, M B::*m) {
  Column<T> c{name, nullptr, nullptr};
  if constexpr (std::is_same_v<M, std::vector<std::string>>) {
    c.get = [m](const T& t) { return db::Arg(Json::strings(t.*m)); };
    c.set = [m](T& t, const db::Row& r, int i) { t.*m = strings_from(stored_json(r, i)); };
  } else if constexpr (std::is_same_v<M, Json>) {
    c.get = [m](const T& t) { return db::Arg(t.*m); };
    c.set = [m](T& t, const db::Row& r, int i) { t.*m = stored_json(r, i); };
  } else {
    c.get = [m](const T& t) { return db::Arg(t.*m); };
    c.set = [m](T& t, const db::Row& r, int i) {
      if constexpr (std::is_same_v<M, std::string>)
        t.*m = r.text(i);
      else if constexpr (std::is_same_v<M, bool>)
        t.*m = r.flag(i);
      else if constexpr (std::is_same_v<M, std::optional<std::string>>)
        t.*m = r.opt_text(i);
      else if constexpr (std::is_same_v<M, std::optional<int64_t>>)
        t.*m = r.opt_i64(i);
      else
        t.*m = r.i64(i);
    };
  }
  return c;
}

// A list of structs kept as JSON text, by their field table.
template <class T, class S>
Column<T> json_column(const char* name, std::vector<S> T::*m, const Fields<S>& fields) {
  auto get = [m, &fields](const T& t) {
    Json out = Json::array();
    for (const S& s : t.*m) out.push_back(fields.write(s));
    return db::Arg(out);
  };
  auto set = [m, &fields](T& t, const db::Row& r, int i) {
    (t.*m).clear();
    Json stored = stored_json(r, i);
    for (const Json& item : stored.as_array()) {
      if (auto s = fields.read(item)) (t.*m).push_back(std::move(*s));
    }
  };
  return Column<T>{name, get, set};
}

template <class T>
class Table {
 public:
  // `counted`: the quota's resource that each row with a project takes one of.
  Table(std::string name, std::vector<Column<T>> columns, std::string counted = {})
      : name_(std::move(name)), counted_(std::move(counted)), columns_(std::move(columns)) {
    std::string names, marks, sets;
    for (size_t i = 0; i < columns_.size(); ++i) {
      std::string n = columns_[i].name, mark = "?" + std::to_string(i + 1);
      names += (i ? ", " : "") + n;
      marks += (i ? ", " : "") + mark;
      if (i) sets += (i > 1 ? ", " : "") + n + " = " + mark;
    }
    select_ = "SELECT " + names + " FROM " + name_;
    insert_ = "INSERT INTO " + name_ + " (" + names + ") VALUES (" + marks + ")";
    update_ = "UPDATE " + name_ + " SET " + sets + " WHERE id = ?1";
  }

  void insert(db::Session& s, const T& t) const {
    s.exec(insert_, args(t));
    if (!counted_.empty() && !t.project_id.empty())
      quota().take(s, t.project_id, t.id, {{counted_, 1}});
  }
  void update(db::Session& s, const T& t) const { s.exec(update_, args(t)); }
  int64_t erase(db::Session& s, std::string_view id) const {
    if (!counted_.empty()) quota().release(s, id);
    return s.exec("DELETE FROM " + name_ + " WHERE id = ?1", {id});
  }
  std::optional<T> find(db::Session& s, std::string_view id) const {
    auto rows = where(s, "id = ?1", {id});
    return rows.empty() ? std::nullopt : std::optional<T>(std::move(rows.front()));
  }
  // In the order of creation, or the other way; `tail` is what follows the order (LIMIT).
  std::vector<T> where(db::Session& s, const std::string& clause = "1 = 1", const db::Args& a = {},
                       bool reverse = false, const std::string& tail = {}) const {
    std::vector<T> out;
    const char* order = reverse ? " ORDER BY created_us DESC, id DESC" : " ORDER BY created_us, id";
    s.each(select_ + " WHERE " + clause + order + tail, a, [&](const db::Row& r) {
      T& t = out.emplace_back();
      for (size_t i = 0; i < columns_.size(); ++i) columns_[i].set(t, r, static_cast<int>(i));
    });
    return out;
  }
  const std::string& name() const { return name_; }

 private:
  db::Args args(const T& t) const {
    db::Args out;
    out.reserve(columns_.size());
    for (const auto& c : columns_) out.push_back(c.get(t));
    return out;
  }
  std::string name_, counted_, select_, insert_, update_;
  std::vector<Column<T>> columns_;
};

}  // namespace nuri::network
