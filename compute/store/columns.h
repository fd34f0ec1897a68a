#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/db/database.h"

// A table's columns and the members they fill, once: SELECT, INSERT and UPDATE come from it.
namespace nuri::compute {

template <class T>
struct Column {
  std::string name;
  std::function<db::Arg(const T&)> get;
  std::function<void(T&, const db::Row&, int)> set;
};

template <class T, class M>
Column<T> column(std::string name, M T::* member) {
  Column<T> c;
  c.name = std::move(name);
  c.get = [member](const T& t) { return db::Arg(t.*member); };
  c.set = [member](T& t, const db::Row& r, int i) {
    if constexpr (std::is_same_v<M, std::string>)
      t.*member = r.text(i);
    else if constexpr (std::is_same_v<M, std::optional<std::string>>)
      t.*member = r.opt_text(i);
    else if constexpr (std::is_same_v<M, bool>)
      t.*member = r.flag(i);
    else if constexpr (std::is_same_v<M, double>)
      t.*member = r.real(i);
    else
      t.*member = static_cast<M>(r.i64(i));
  };
  return c;
}

// A column kept as a word: an enum with functions to and from its name.
template <class T, class M>
Column<T> word(std::string name, M T::* member, M (*from)(std::string_view)) {
  Column<T> c;
  c.name = std::move(name);
  c.get = [member](const T& t) { return db::Arg(name_of(t.*member)); };
  c.set = [member, from](T& t, const db::Row& r, int i) { t.*member = from(r.text(i)); };
  return c;
}

// The first `keys` columns are the primary key. `stamp` is a column that each write sets to the
// value of the SQL expression `stamped`.
template <class T>
class Table {
 public:
  Table(std::string name, size_t keys, std::vector<Column<T>> columns,
        const std::string& stamp = {}, const std::string& stamped = {})
      : name_(std::move(name)), keys_(keys), columns_(std::move(columns)) {
    std::string names, marks, sets, where;
    for (size_t i = 0; i < columns_.size(); ++i) {
      std::string mark = "?" + std::to_string(i + 1);
      names += (i ? ", " : "") + columns_[i].name;
      marks += (i ? ", " : "") + mark;
      if (i < keys_)
        where += (i ? " AND " : "") + columns_[i].name + "=" + mark;
      else
        sets += (i > keys_ ? ", " : "") + columns_[i].name + "=" + mark;
    }
    select_ = "SELECT " + names + " FROM " + name_ + " ";
    if (!stamp.empty()) {
      names += ", " + stamp;
      marks += ", " + stamped;
      sets += ", " + stamp + "=" + stamped;
    }
    insert_ = "INSERT INTO " + name_ + " (" + names + ") VALUES (" + marks + ")";
    update_ = "UPDATE " + name_ + " SET " + sets + " WHERE " + where;
  }

  void insert(db::Session& s, const T& t) const { s.exec(insert_, args(t)); }
  // False where there is no such row.
  bool update(db::Session& s, const T& t) const { return s.exec(update_, args(t)) > 0; }
  T read(const db::Row& row) const {
    T t;
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].set(t, row, static_cast<int>(i));
    return t;
  }
  // `tail` is WHERE ... ORDER BY ... with parameters from ?1.
  std::vector<T> all(db::Session& s, const std::string& tail,
                     const db::Args& tail_args = {}) const {
    return s.all(select_ + tail, tail_args, [this](const db::Row& r) { return read(r); });
  }
  std::optional<T> one(db::Session& s, const std::string& tail, const db::Args& tail_args) const {
    return s.one(select_ + tail, tail_args, [this](const db::Row& r) { return read(r); });
  }

 private:
  db::Args args(const T& t) const {
    db::Args out;
    out.reserve(columns_.size());
    for (const auto& c : columns_) out.push_back(c.get(t));
    return out;
  }
  std::string name_, select_, insert_, update_;
  size_t keys_;
  std::vector<Column<T>> columns_;
};

}  // namespace nuri::compute
