#include "services/identity/routes/lookup.h"

namespace nuri::identity {

namespace {

Status check_parent(db::Session& s, const Region& r) {
  if (!r.parent_region_id) return {};
  std::string at = *r.parent_region_id;
  for (int depth = 0; depth < 64; ++depth) {
    if (at == r.id) return bad_request("A region cannot be below itself.", "parent_region_id");
    auto parent = kRegions.find(s, at);
    if (!parent) return no_such("region", at);
    if (!parent->parent_region_id) return {};
    at = *parent->parent_region_id;
  }
  return bad_request("Regions are nested more than 64 levels deep.", "parent_region_id");
}

Result<Response> insert_region(Identity& me, const Context& context, Region r) {
  // They cannot be written in a path: such a region could not be deleted any more.
  if (r.id == "." || r.id == "..")
    return bad_request("A region's id may not be \".\" or \"..\".", "id");
  return me.db.write([&](db::Session& s) -> Result<Response> {
    if (kRegions.find(s, r.id)) return duplicate("region", r.id, "");
    TRYV(check_parent(s, r));
    kRegions.insert(s, r);
    return shown(201, kRegionKind, r, context);
  });
}

Result<Response> create_region(Identity& me, const Request& request, Context& context) {
  Region r = TRY(read_new(kRegionKind, request));
  if (r.id.empty()) r.id = me.random.hex_id();
  return insert_region(me, context, std::move(r));
}

Result<Response> put_region(Identity& me, const Request& request, Context& context) {
  Region r = TRY(read_new(kRegionKind, request));
  const std::string& id = context.param("region_id");
  if (!r.id.empty() && r.id != id)
    return bad_request("Conflicting region IDs specified: \"" + id + "\" != \"" + r.id + "\"",
                       "id");
  r.id = id;
  if (r.id.size() > 255) return bad_request("A region's id has at most 255 characters.", "id");
  return insert_region(me, context, std::move(r));
}

Result<Response> list_regions(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "parent_region_id");
  auto all = TRY(me.db.read([&](db::Session& s) { return kRegions.list(s, f.where(), f.args()); }));
  return shown_list(kRegionKind, all, request, context);
}

Result<Response> show_region(Identity& me, const Request&, Context& context) {
  Region r = TRY(me.db.read(
      [&](db::Session& s) { return need(s, kRegions, context.param("region_id"), "region"); }));
  return shown(200, kRegionKind, r, context);
}

Result<Response> update_region(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "region"));
  Region r = TRY(me.db.write([&](db::Session& s) -> Result<Region> {
    Region old = TRY(need(s, kRegions, context.param("region_id"), "region"));
    Region now = old;
    TRYV(read_changes(kRegionKind, body, now));
    if (now.id != old.id) return bad_request("Cannot change region ID", "id");
    TRYV(check_parent(s, now));
    kRegions.update(s, now);
    return now;
  }));
  return shown(200, kRegionKind, r, context);
}

Result<Response> delete_region(Identity& me, const Request&, Context& context) {
  const std::string& id = context.param("region_id");
  TRYV(me.db.write([&](db::Session& s) -> Status {
    TRY(need(s, kRegions, id, "region"));
    bool used = s.count("SELECT count(*) FROM endpoints WHERE region_id=?1", {id}) > 0 ||
                s.count("SELECT count(*) FROM regions WHERE parent_region_id=?1", {id}) > 0;
    if (used)
      return conflict("Unable to delete region " + id +
                      " because it or its child regions have associated endpoints.");
    kRegions.remove(s, id);
    return {};
  }));
  return Response::empty(204);
}

constexpr Rule kRules[] = {
    {"GET", "/v3/regions", "identity:list_regions", list_regions},
    {"POST", "/v3/regions", "identity:create_region", create_region},
    {"GET", "/v3/regions/{region_id}", "identity:get_region", show_region},
    {"PUT", "/v3/regions/{region_id}", "identity:create_region", put_region},
    {"PATCH", "/v3/regions/{region_id}", "identity:update_region", update_region},
    {"DELETE", "/v3/regions/{region_id}", "identity:delete_region", delete_region},
};

}  // namespace

std::span<const Rule> region_rules() { return kRules; }

}  // namespace nuri::identity
