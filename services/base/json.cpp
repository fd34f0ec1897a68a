#include "services/base/json.h"

#include <algorithm>

namespace nuri {

namespace {
const Json kNull;
const std::string kEmpty;
const Json::Array kNoItems;
const Json::Object kNoMembers;
}  // namespace

Json Json::strings(const std::vector<std::string>& items) {
  Array out;
  out.reserve(items.size());
  for (const auto& item : items) out.emplace_back(item);
  return Json(std::move(out));
}

const char* Json::type_name() const {
  static constexpr const char* kNames[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
  return kNames[v_.index()];
}

bool Json::as_bool(bool fallback) const {
  auto* b = std::get_if<bool>(&v_);
  return b ? *b : fallback;
}

int64_t Json::as_int(int64_t fallback) const {
  auto* i = std::get_if<int64_t>(&v_);
  return i ? *i : fallback;
}

double Json::as_double(double fallback) const {
  if (auto* d = std::get_if<double>(&v_)) return *d;
  return is_int() ? static_cast<double>(as_int()) : fallback;
}

const std::string& Json::as_string() const& {
  auto* s = std::get_if<std::string>(&v_);
  return s ? *s : kEmpty;
}

std::string Json::as_string(std::string_view fallback) const { return is_string() ? as_string() : std::string(fallback); }

const Json::Array& Json::as_array() const& {
  auto* a = std::get_if<Array>(&v_);
  return a ? *a : kNoItems;
}

const Json::Object& Json::as_object() const& {
  auto* o = std::get_if<Object>(&v_);
  return o ? *o : kNoMembers;
}

Json::Array& Json::array_ref() {
  if (!is_array()) v_ = Array{};
  return std::get<Array>(v_);
}

Json::Object& Json::object_ref() {
  if (!is_object()) v_ = Object{};
  return std::get<Object>(v_);
}

const Json* Json::find(std::string_view key) const& {
  for (const Member& m : as_object()) {
    if (m.first == key) return &m.second;
  }
  return nullptr;
}

const Json& Json::operator[](std::string_view key) const& {
  const Json* found = find(key);
  return found ? *found : kNull;
}

Json& Json::operator[](std::string_view key) & {
  Object& members = object_ref();
  for (Member& m : members) {
    if (m.first == key) return m.second;
  }
  return members.emplace_back(std::string(key), Json()).second;
}

Json& Json::set(std::string_view key, Json value) {
  (*this)[key] = std::move(value);
  return *this;
}

bool Json::erase(std::string_view key) {
  if (!is_object()) return false;
  return std::erase_if(object_ref(), [&](const Member& m) { return m.first == key; }) > 0;
}

const Json& Json::at(size_t i) const& {
  const Array& items = as_array();
  return i < items.size() ? items[i] : kNull;
}

size_t Json::size() const { return is_array() ? as_array().size() : as_object().size(); }

bool operator==(const Json& a, const Json& b) {
  if (!a.is_object() || !b.is_object()) return a.v_ == b.v_;
  if (a.size() != b.size()) return false;
  return std::all_of(a.as_object().begin(), a.as_object().end(), [&](const Json::Member& m) {
    const Json* other = b.find(m.first);
    return other && *other == m.second;
  });
}

}  // namespace nuri
