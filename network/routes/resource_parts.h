#pragma once

#include "network/api/fields.h"
#include "network/routes/routes.h"

// From a resource's functions and field tables to its collection.
namespace nuri::network {

template <class T>
std::set<std::string> names_of(const Fields<T>& fields, const Fields<T>* more = nullptr) {
  std::set<std::string> out;
  for (const auto& f : fields.list()) out.insert(f.name);
  if (more) {
    for (const auto& f : more->list()) out.insert(f.name);
  }
  return out;
}

// A collection from a resource's functions; `view` dresses one row for the caller.
template <class T, class View>
Collection collection(std::string path, std::string singular, const Table<T>& table, View view,
                      std::vector<T> (*visible)(Work&, const Narrow&),
                      Result<T> (*find)(Work&, const std::string&)) {
  Collection c;
  c.plural = singular + "s";
  c.singular = std::move(singular);
  c.path = std::move(path);
  c.list = [=](Work& w, const Narrow& narrow) {
    std::vector<Json> out;
    for (const T& row : visible(w, narrow)) out.push_back(view(row, w.caller.admin));
    return out;
  };
  c.show = [=](Work& w, const std::string& id) -> Result<Json> {
    return view(TRY(find(w, id)), w.caller.admin);
  };
  c.tags = [=](Work& w, const std::string& id) -> Result<std::vector<std::string>> {
    return TRY(find(w, id)).tags;
  };
  c.set_tags = [=, &table](Work& w, const std::string& id,
                           const std::vector<std::string>& tags) -> Status {
    T row = TRY(find(w, id));
    TRYV(must_own(w, row, "update_tags"));
    row.tags = tags;
    touch(w, row);
    table.update(w.s, row);
    return {};
  };
  return c;
}

inline void untagged(Collection& c) {
  c.tags = nullptr;
  c.set_tags = nullptr;
}

template <class T, class View>
void changing(Collection& c, View view, Result<T> (*find)(Work&, const std::string&),
              Result<T> (*create)(Work&, const Json&), Result<T> (*update)(Work&, T, const Json&),
              Status (*remove)(Work&, const T&)) {
  c.create = [=](Work& w, const Json& body) -> Result<Json> {
    return view(TRY(create(w, body)), w.caller.admin);
  };
  if (update) {
    c.update = [=](Work& w, const std::string& id, const Json& body) -> Result<Json> {
      return view(TRY(update(w, TRY(find(w, id)), body)), w.caller.admin);
    };
  }
  c.remove = [=](Work& w, const std::string& id) -> Status { return remove(w, TRY(find(w, id))); };
}

// PUT /{id}/NAME that answers {"SINGULAR": the row}. After described().
template <class T, class View>
void acting(Collection& c, const char* name, Schema reads, View view,
            Result<T> (*find)(Work&, const std::string&), Result<T> (*act)(Work&, T, const Json&)) {
  auto run = [=, singular = c.singular](Work& w, const std::string& id,
                                        const Json& body) -> Result<Json> {
    T row = TRY(act(w, TRY(find(w, id)), body));
    return Json::object({{singular, view(row, w.caller.admin)}});
  };
  c.actions.push_back({name, run, std::move(reads), wrapped(c.singular, c.answers)});
}

template <class T>
void described(Collection& c, const Fields<T>& create, const Fields<T>* update,
               const Fields<T>& view) {
  c.reads = schema_of(create);
  if (update) c.changes = schema_of(*update);
  c.answers = schema_of(view);
}

template <class T>
auto plain_view(const Fields<T>& fields) {
  return [&fields](const T& t, bool) { return fields.write(t); };
}

}  // namespace nuri::network
