#include "network/driver/ovn/datum.h"

#include <algorithm>

namespace nuri::network::ovn {

namespace {

using Type = Atom::Type;

Atom atom_from(const Json& j) {
  if (j.is_string()) return {Type::string, j.as_string()};
  if (j.is_bool()) return {Type::boolean, j.as_bool() ? "true" : "false"};
  if (j.is_int()) return {Type::integer, std::to_string(j.as_int())};
  if (j.is_double()) return {Type::real, j.dump()};
  if (j.is_array() && j.size() == 2 && j.at(0).as_string() == "uuid")
    return {Type::uuid, j.at(1).as_string()};
  return {};
}

}  // namespace

Json atom_json(const Atom& a) {
  switch (a.type) {
    case Type::integer:
      return Json(static_cast<int64_t>(std::stoll(a.text)));
    case Type::boolean:
      return Json(a.text == "true");
    case Type::real:
      return parse_json(a.text).value_or(Json());
    case Type::uuid:
      return Json::array({"uuid", a.text});
    case Type::ref:
      return Json::array({"named-uuid", a.text});
    case Type::none:
    case Type::string:
      return Json(a.text);
  }
  return Json();
}

Datum Datum::one(Atom a) {
  Datum d;
  d.items_.emplace_back(std::move(a), Atom{});
  return d;
}

void Datum::sort() {
  std::sort(items_.begin(), items_.end());
  items_.erase(std::unique(items_.begin(), items_.end()), items_.end());
}

Datum Datum::of(std::vector<Atom> atoms) {
  Datum d;
  for (Atom& a : atoms) d.items_.emplace_back(std::move(a), Atom{});
  d.sort();
  return d;
}

Datum Datum::texts(const std::vector<std::string>& items) {
  std::vector<Atom> atoms;
  for (const std::string& s : items) atoms.push_back({Type::string, s});
  return of(std::move(atoms));
}

Datum Datum::refs(const std::vector<std::string>& keys) {
  std::vector<Atom> atoms;
  for (const std::string& s : keys) atoms.push_back({Type::ref, s});
  return of(std::move(atoms));
}

Datum Datum::map(const std::map<std::string, std::string>& m) {
  Datum d;
  d.map_ = true;
  for (const auto& [k, v] : m) d.items_.emplace_back(Atom{Type::string, k}, Atom{Type::string, v});
  return d;
}

Datum Datum::from_json(const Json& j) {
  Datum d;
  std::string tag = j.is_array() ? j.at(0).as_string() : std::string();
  if (tag == "map") {
    d.map_ = true;
    for (const Json& pair : j.at(1).as_array())
      d.items_.emplace_back(atom_from(pair.at(0)), atom_from(pair.at(1)));
  } else if (tag == "set") {
    for (const Json& item : j.at(1).as_array()) d.items_.emplace_back(atom_from(item), Atom{});
  } else {
    d.items_.emplace_back(atom_from(j), Atom{});
  }
  d.sort();
  return d;
}

Json Datum::to_json() const {
  Json items = Json::array();
  for (const auto& [k, v] : items_) {
    if (map_)
      items.push_back(Json::array({atom_json(k), atom_json(v)}));
    else
      items.push_back(atom_json(k));
  }
  if (!map_ && items.size() == 1) return items.at(0);
  return Json::array({map_ ? "map" : "set", items});
}

bool Datum::contains(const Atom& a) const {
  return std::binary_search(items_.begin(), items_.end(), Item{a, Atom{}});
}

std::string Datum::get(std::string_view key) const {
  for (const auto& [k, v] : items_) {
    if (k.text == key) return v.text;
  }
  return {};
}

}  // namespace nuri::network::ovn
