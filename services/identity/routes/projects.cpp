#include "services/identity/routes/projects.h"

#include "services/identity/routes/lookup.h"
#include "services/identity/routes/removal.h"
#include "services/identity/store/grants.h"

namespace nuri::identity {

namespace {

constexpr size_t kMaxDepth = 5;  // Keystone's max_project_tree_depth

// Where in the tree it goes: its parent decides its domain, else its domain is its parent.
Status place(db::Session& s, Project& p, const Context& context) {
  if (p.is_domain) {
    if (!p.parent_id.empty() || !p.domain_id.empty()) {
      return bad_request("A project that acts as a domain has no parent_id and no domain_id.",
                         "is_domain");
    }
    return {};
  }
  if (p.parent_id.empty()) {
    p.domain_id = domain_or_default(p.domain_id, context);
    p.parent_id = p.domain_id;
  }
  auto parent = kProjects.find(s, p.parent_id);
  if (!parent) return no_such(p.parent_id == p.domain_id ? "domain" : "project", p.parent_id);
  std::string domain = parent->is_domain ? parent->id : parent->domain_id;
  if (!p.domain_id.empty() && p.domain_id != domain) {
    return bad_request("Cannot create project, since it specifies its domain_id " + p.domain_id +
                           ", but specifies a parent in a different domain (" + domain + ").",
                       "domain_id");
  }
  p.domain_id = domain;
  if (!parent->enabled)
    return bad_request("Cannot create project: its parent " + parent->id + " is disabled.",
                       "parent_id");
  if (project_target(s, *parent).above.size() >= kMaxDepth) {
    return forbidden("Max hierarchy depth reached for " + parent->id + " branch.");
  }
  return {};
}

Status refuse_clash(db::Session& s, const Project& p) {
  auto other = kProjects.first(s, "domain_id=?1 AND name=?2", {p.domain_id, p.name});
  if (!other || other->id == p.id) return {};
  if (!p.is_domain) return duplicate("project", p.name, p.domain_id);
  return conflict("Conflict occurred attempting to store domain - Domain name " + p.name +
                  " already exists.");
}

Result<Response> create_project(Identity& me, const Request& request, Context& context) {
  Project p = TRY(read_new(kProjectKind, request));
  p.id = me.random.hex_id();
  return me.db.write([&](db::Session& s) -> Result<Response> {
    TRYV(place(s, p, context));
    TRYV(within_reach(context, p.domain_id, "identity:create_project"));
    TRYV(refuse_clash(s, p));
    kProjects.insert(s, p);
    return shown(201, kProjectKind, p, context);
  });
}

Result<Response> list_projects(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "name")
      .text(request, "domain_id")
      .text(request, "parent_id")
      .flag(request, "enabled")
      .within(context);
  f.add("is_domain", flag_filter(request, "is_domain").value_or(false));
  auto projects =
      TRY(me.db.read([&](db::Session& s) { return kProjects.list(s, f.where(), f.args()); }));
  std::erase_if(projects, [&](const Project& p) { return !matches_tags(request, p.tags); });
  return shown_list(kProjectKind, projects, request, context);
}

Json tree_node(const Project& p, const Context& context) {
  return Json::object({{"project", view(kProjectKind, p, context)}});
}

// ?parents_as_list, ?subtree_as_list, ?parents_as_ids, ?subtree_as_ids
void put_tree(db::Session& s, const Project& p, const Request& request, const Context& context,
              Json& out) {
  auto asked = [&](const char* name) { return request.query.contains(name); };
  if (asked("parents_as_list")) {
    Json list = Json::array();
    for (const auto& id : project_target(s, p).above) {
      auto parent = kProjects.find(s, id);
      if (parent && !parent->is_domain) list.push_back(tree_node(*parent, context));
    }
    out.set("parents", std::move(list));
  }
  if (asked("subtree_as_list")) {
    Json list = Json::array();
    for (const Project& child : below(s, p.id)) list.push_back(tree_node(child, context));
    out.set("subtree", std::move(list));
  }
  if (asked("parents_as_ids")) {
    Json ids;
    auto above = project_target(s, p).above;
    for (auto it = above.rbegin(); it != above.rend(); ++it)
      ids = Json::object({{*it, std::move(ids)}});
    out.set("parents", std::move(ids));
  }
  if (asked("subtree_as_ids")) {
    std::function<Json(const std::string&)> ids_below = [&](const std::string& id) {
      Json ids;
      for (const Project& child : kProjects.list(s, "parent_id=?1", {id}))
        ids.set(child.id, ids_below(child.id));
      return ids;
    };
    out.set("subtree", ids_below(p.id));
  }
}

Result<Response> show_project(Identity& me, const Request& request, Context& context) {
  Json out = TRY(me.db.read([&](db::Session& s) -> Result<Json> {
    Project p = TRY(need_project(s, context.param("project_id")));
    Json shown = view(kProjectKind, p, context);
    put_tree(s, p, request, context, shown);
    return shown;
  }));
  return Response::json(200, Json::object({{"project", std::move(out)}}));
}

Status refuse_moves(const Project& old, const Project& now) {
  if (now.domain_id != old.domain_id) return bad_request("Cannot change Domain ID", "domain_id");
  if (now.parent_id != old.parent_id) return forbidden("Update of `parent_id` is not allowed.");
  if (now.is_domain != old.is_domain)
    return bad_request("Update of `is_domain` is not allowed.", "is_domain");
  return {};
}

Result<Response> update_project(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "project"));
  Project p = TRY(me.db.write([&](db::Session& s) -> Result<Project> {
    Project old = TRY(need_project(s, context.param("project_id")));
    Project now = old;
    TRYV(read_changes(kProjectKind, body, now));
    TRYV(refuse_moves(old, now));
    return change_project(me, s, old, std::move(now));
  }));
  return shown(200, kProjectKind, p, context);
}

Result<Response> delete_project(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Project p = TRY(need_project(s, context.param("project_id")));
    if (p.is_domain) return delete_domain_row(me, s, p);
    if (immutable(p.options)) return is_immutable("project", p.id);
    if (s.count("SELECT count(*) FROM projects WHERE parent_id=?1", {p.id}) > 0) {
      return forbidden("Cannot delete the project " + p.id +
                       " since it is not a leaf in the hierarchy. Use the cascade option if you "
                       "want to delete a whole subtree.");
    }
    remove_project(me, s, p.id);
    return {};
  }));
  return Response::empty(204);
}

constexpr Rule kRules[] = {
    {"GET", "/v3/projects", "identity:list_projects", list_projects},
    {"POST", "/v3/projects", "identity:create_project", create_project},
    {"GET", "/v3/projects/{project_id}", "identity:get_project", show_project},
    {"PATCH", "/v3/projects/{project_id}", "identity:update_project", update_project},
    {"DELETE", "/v3/projects/{project_id}", "identity:delete_project", delete_project},
};

}  // namespace

bool matches_tags(const Request& request, const std::vector<std::string>& tags) {
  auto wanted = [&](const char* name) {
    std::vector<std::string> out;
    std::string list = request.query.get(name);
    for (size_t at = 0; at < list.size();) {
      size_t comma = std::min(list.find(',', at), list.size());
      if (comma > at) out.push_back(list.substr(at, comma - at));
      at = comma + 1;
    }
    return out;
  };
  auto has = [&](const std::string& t) {
    return std::find(tags.begin(), tags.end(), t) != tags.end();
  };
  auto all = wanted("tags"), some = wanted("tags-any"), not_all = wanted("not-tags"),
       none = wanted("not-tags-any");
  bool ok = std::all_of(all.begin(), all.end(), has);
  ok = ok && (some.empty() || std::any_of(some.begin(), some.end(), has));
  ok = ok && (not_all.empty() || !std::all_of(not_all.begin(), not_all.end(), has));
  return ok && std::none_of(none.begin(), none.end(), has);
}

Result<Project> change_project(Identity& me, db::Session& s, const Project& old, Project now) {
  if (immutable(old.options) && immutable(now.options))
    return is_immutable(now.is_domain ? "domain" : "project", now.id);
  TRYV(refuse_clash(s, now));
  if (old.enabled && !now.enabled) {
    if (now.id == kDefaultDomain) return not_authorised("disable the default domain");
    if (now.is_domain) me.revocations.domain(s, now.id);
    me.revocations.project(s, now.id);
    if (!now.is_domain) {
      for (const Project& child : below(s, now.id)) {
        if (child.enabled)
          return forbidden("Cannot disable project " + now.id +
                           " since its subtree contains enabled projects.");
      }
    }
  }
  kProjects.update(s, now);
  return now;
}

Status delete_domain_row(Identity& me, db::Session& s, const Project& domain) {
  if (domain.id == kDefaultDomain) return not_authorised("delete the default domain");
  if (immutable(domain.options)) return is_immutable("domain", domain.id);
  if (domain.enabled)
    return forbidden("Cannot delete a domain that is enabled, please disable it first.");
  remove_domain(me, s, domain.id);
  return {};
}

Status insert_domain(db::Session& s, const Project& domain) {
  TRYV(refuse_clash(s, domain));
  kProjects.insert(s, domain);
  return {};
}

std::span<const Rule> project_rules() { return kRules; }

}  // namespace nuri::identity
