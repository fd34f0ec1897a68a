#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "network/domain/listing.h"
#include "network/routes/access.h"
#include "network/store/work.h"

// What all of Neutron's collections share: envelopes, bulk create, filters, paging, fields, tags.
namespace nuri::network {

// The network process's wiring, as handlers see it.
struct Service {
  db::Database& db;
  Clock& clock;
  Random& random;
  Settings settings;
  std::function<void()> changed = [] {};  // wakes the driver
  std::function<bool(const std::string&)> realized = [](const std::string&) { return false; };
  std::function<Json()> agents = [] { return Json::array(); };  // chassis, as Neutron lists agents

  // Runs f(Work&) in a transaction; a write that commits wakes the driver.
  template <class F>
  auto read(const Caller& caller, F f) {
    return db.read([&](db::Session& s) {
      Work w{s, settings, random, clock.now_us(), caller};
      return f(w);
    });
  }
  template <class F>
  auto write(const Caller& caller, F f) {
    return db.write([&](db::Session& s) {
      Work w{s, settings, random, clock.now_us(), caller};
      s.after_commit(changed);
      return f(w);
    });
  }
};

// One collection; members not set are methods it does not have.
struct Collection {
  std::string path, singular, plural;  // "security-groups", "security_group", "security_groups"
  std::set<std::string> attributes;    // may be filtered and sorted by
  Schema reads, changes, answers;      // of a POST's, a PUT's and an answer's resource
  bool wants_default_group =
      false;  // its list shows the project's default security group: made on first need
  std::function<std::vector<Json>(Work&, const Narrow&)> list;
  // The same rows as texts, where that is quicker than `list`.
  std::function<std::vector<ShownRow>(Work&, const Narrow&)> shown;
  // Filters that the database can apply: an attribute that is a text of this column, as it stands.
  std::map<std::string, std::string> columns = {
      {"id", "id"}, {"name", "name"}, {"project_id", "project_id"}, {"tenant_id", "project_id"}};
  std::function<Result<Json>(Work&, const std::string& id)> show;
  std::function<Result<Json>(Work&, const Json&)> create;
  std::function<Result<Json>(Work&, const std::string& id, const Json&)> update;
  std::function<Status(Work&, const std::string& id)> remove;
  // PUT /{id}/NAME with the action's own body.
  using Act = std::function<Result<Json>(Work&, const std::string& id, const Json&)>;
  struct Action {
    std::string name;
    Act act;
    Schema reads, answers;  // whole bodies
  };
  std::vector<Action> actions;
  std::function<Result<std::vector<std::string>>(Work&, const std::string& id)> tags;
  std::function<Status(Work&, const std::string& id, const std::vector<std::string>&)> set_tags;
};

void add_collection(Router& router, std::shared_ptr<Service> service, Collection c);
void add_tag_routes(Router& router, std::shared_ptr<Service> service,
                    std::shared_ptr<const Collection> c);

}  // namespace nuri::network
