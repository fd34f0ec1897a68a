#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/db/database.h"

// A table of a database and the struct its rows become: one list of columns reads and writes both.
// The first column is the key.
namespace nuri::identity {

template <class T>
struct Column {
  std::string name;
  std::function<db::Arg(const T&)> get;
  std::function<void(T&, const db::Row&, int)> set;
};

template <class T>
Column<T> col(std::string name, std::string T::*m) {
  return {std::move(name), [m](const T& t) { return db::Arg(t.*m); },
          [m](T& t, const db::Row& r, int c) { t.*m = r.text(c); }};
}
template <class T>
Column<T> col(std::string name, std::optional<std::string> T::*m) {
  return {std::move(name), [m](const T& t) { return db::Arg(t.*m); },
          [m](T& t, const db::Row& r, int c) { t.*m = r.opt_text(c); }};
}
template <class T>
Column<T> col(std::string name, std::optional<int64_t> T::*m) {
  return {std::move(name), [m](const T& t) { return db::Arg(t.*m); },
          [m](T& t, const db::Row& r, int c) { t.*m = r.opt_i64(c); }};
}
template <class T>
Column<T> col(std::string name, bool T::*m) {
  return {std::move(name), [m](const T& t) { return db::Arg(t.*m); },
          [m](T& t, const db::Row& r, int c) { t.*m = r.flag(c); }};
}
template <class T>
Column<T> col(std::string name, Json T::*m) {
  return {std::move(name), [m](const T& t) { return db::Arg(t.*m); },
          [m](T& t, const db::Row& r, int c) { t.*m = r.json(c); }};
}
template <class T>
Column<T> col(std::string name, std::vector<std::string> T::*m) {
  return {std::move(name), [m](const T& t) { return db::Arg(Json::strings(t.*m)); },
          [m](T& t, const db::Row& r, int c) {
            (t.*m).clear();
            Json list = r.json(c);
            for (const Json& item : list.as_array()) (t.*m).push_back(item.as_string());
          }};
}

template <class T>
class Table {
 public:
  Table(std::string name, std::vector<Column<T>> columns)
      : name_(std::move(name)), columns_(std::move(columns)) {
    std::string marks, sets;
    for (size_t i = 0; i < columns_.size(); ++i) {
      std::string mark = "?" + std::to_string(i + 1);
      list_ += (i ? ", " : "") + columns_[i].name;
      marks += (i ? ", " : "") + mark;
      if (i) sets += (i > 1 ? ", " : "") + columns_[i].name + "=" + mark;
    }
    insert_ = "INSERT INTO " + name_ + " (" + list_ + ") VALUES (" + marks + ")";
    update_ = "UPDATE " + name_ + " SET " + sets + " WHERE " + columns_[0].name + "=?1";
    remove_ = "DELETE FROM " + name_ + " WHERE " + columns_[0].name + "=?1";
    select_ = "SELECT " + list_ + " FROM " + name_;
  }

  void insert(db::Session& s, const T& t) const { s.exec(insert_, args(t)); }
  bool update(db::Session& s, const T& t) const { return s.exec(update_, args(t)) > 0; }
  bool remove(db::Session& s, const std::string& key) const { return s.exec(remove_, {key}) > 0; }
  std::optional<T> find(db::Session& s, const std::string& key) const {
    return s.one(select_ + " WHERE " + columns_[0].name + "=?1", {key},
                 [this](const db::Row& r) { return made(r); });
  }
  // `where`: "domain_id=?1 AND name=?2", or "".
  std::vector<T> list(db::Session& s, const std::string& where = {},
                      const db::Args& with = {}) const {
    std::string sql =
        select_ + (where.empty() ? "" : " WHERE " + where) + " ORDER BY " + columns_[0].name;
    return s.all(sql, with, [this](const db::Row& r) { return made(r); });
  }
  std::optional<T> first(db::Session& s, const std::string& where, const db::Args& with) const {
    return s.one(select_ + " WHERE " + where, with, [this](const db::Row& r) { return made(r); });
  }

 private:
  db::Args args(const T& t) const {
    db::Args out;
    for (const auto& c : columns_) out.push_back(c.get(t));
    return out;
  }
  T made(const db::Row& r) const {
    T out{};
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].set(out, r, static_cast<int>(i));
    return out;
  }
  std::string name_, list_, insert_, update_, remove_, select_;
  std::vector<Column<T>> columns_;
};

}  // namespace nuri::identity
