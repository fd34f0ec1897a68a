#pragma once

#include <compare>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/base/json.h"

namespace nuri::network::ovn {

// One value of RFC 7047, 5.1. `ref` is ours: the row that a plan knows by this key, which has a
// UUID only once it exists.
struct Atom {
  enum class Type { none, string, integer, boolean, real, uuid, ref } type = Type::none;
  std::string text;
  auto operator<=>(const Atom&) const = default;
};

// A column's value: a set (a scalar is a set of one) or a map. Kept sorted, so that equal means
// equal.
class Datum {
 public:
  using Item = std::pair<Atom, Atom>;  // a set's second half is empty
  Datum() = default;

  static Datum text(std::string s) { return one({Atom::Type::string, std::move(s)}); }
  static Datum number(int64_t n) { return one({Atom::Type::integer, std::to_string(n)}); }
  static Datum flag(bool b) { return one({Atom::Type::boolean, b ? "true" : "false"}); }
  static Datum ref(std::string key) { return one({Atom::Type::ref, std::move(key)}); }
  static Datum texts(const std::vector<std::string>& items);
  static Datum refs(const std::vector<std::string>& keys);
  static Datum map(const std::map<std::string, std::string>& m);
  static Datum empty() { return Datum(); }
  static Datum of(std::vector<Atom> atoms);

  static Datum from_json(const Json& j);
  Json to_json() const;  // holds no ref

  bool is_map() const { return map_; }
  const std::vector<Item>& items() const { return items_; }
  bool contains(const Atom& a) const;
  std::string get(std::string_view key) const;  // of a map of strings; "" if missing
  std::string scalar() const { return items_.empty() ? std::string() : items_.front().first.text; }
  bool is_true() const { return scalar() == "true"; }
  friend bool operator==(const Datum&, const Datum&) = default;

 private:
  static Datum one(Atom a);
  void sort();
  bool map_ = false;
  std::vector<Item> items_;
};

Json atom_json(const Atom& a);

}  // namespace nuri::network::ovn
