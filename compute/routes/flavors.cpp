#include "compute/routes/flavor_json.h"
#include "services/base/fields.h"

namespace nuri::compute {

namespace {

struct FlavorCreate {
  std::string name;
  Json id;
  int64_t ram = 0, vcpus = 0, disk = 0, ephemeral = 0, swap = 0;
  Json rxtx_factor;
  bool is_public = true;
  std::optional<std::string> description;
};

const Fields<FlavorCreate>& create_fields() {
  using F = FlavorCreate;
  static const Fields<F> kFields(
      "flavor", Fields<F>::Unknown::refuse,
      {
          text("name", &F::name).required_().length(1, 255).format_("name"),
          any("id", &F::id),
          any("flavorid", &F::id),
          number("ram", &F::ram).required_().range(1, INT32_MAX),
          number("vcpus", &F::vcpus).required_().range(1, INT32_MAX),
          number("disk", &F::disk).required_().range(0, INT32_MAX),
          number("OS-FLV-EXT-DATA:ephemeral", &F::ephemeral).range(0, INT32_MAX),
          number("swap", &F::swap).range(0, INT32_MAX),
          any("rxtx_factor", &F::rxtx_factor),
          boolean("os-flavor-access:is_public", &F::is_public),
          text("description", &F::description).length(0, 65535).nullable_().since_(55),
      });
  return kFields;
}

Result<Flavor> flavor_from(App& app, const Json& body, int version) {
  FlavorCreate in = TRY(create_fields().read(body, version));
  Flavor f;
  std::string id = in.id.is_int() ? std::to_string(in.id.as_int()) : in.id.as_string();
  if (!in.id.is_null() && !in.id.is_int() && !in.id.is_string())
    return bad_request("id must be a text of 1 to 255 characters.", "id");
  // "." and ".." cannot be written in a path: such a flavor could not be deleted any more.
  if (id.size() > 255 || id == "." || id == ".." ||
      id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. ") !=
          std::string::npos) {
    return bad_request("id holds 1 to 255 letters, digits, spaces, dots, dashes and underscores.",
                       "id");
  }
  f.id = id.empty() || id == "auto" ? app.random.uuid() : id;
  if (!in.rxtx_factor.is_null()) {
    f.rxtx_factor = in.rxtx_factor.as_double(
        in.rxtx_factor.is_string() ? std::strtod(in.rxtx_factor.as_string().c_str(), nullptr)
                                   : static_cast<double>(in.rxtx_factor.as_int()));
    if (!(f.rxtx_factor > 0))
      return bad_request("rxtx_factor must be a number above 0.", "rxtx_factor");
  }
  f.name = in.name;
  f.ram_mib = in.ram;
  f.vcpus = in.vcpus;
  f.disk_gib = in.disk;
  f.ephemeral_gib = in.ephemeral;
  f.swap_mib = in.swap;
  f.is_public = in.is_public;
  f.description = in.description;
  f.created_us = app.clock.now_us();
  return f;
}

Result<Response> create(App& app, const Request& request, Context& c) {
  Flavor f = TRY(flavor_from(app, TRY(body_member(request.body, "flavor")), c.microversion));
  return app.db.write([&](db::Session& s) -> Result<Response> {
    if (find_flavor(s, f.id)) return conflict("Flavor with ID " + f.id + " already exists.");
    if (s.count("SELECT count(*) FROM flavors WHERE name=?1", {f.name}) > 0)
      return conflict("Flavor with name " + f.name + " already exists.");
    insert_flavor(s, f);
    return Response::json(200, Json::object({{"flavor", flavor_json(f, app.viewer(c))}}));
  });
}

// An administrator may ask for public ones, private ones or (None) all.
Result<std::optional<bool>> wanted_public(const Request& request, const Context& c) {
  if (!c.claims.is_admin()) return std::optional<bool>();
  const std::string* text = request.query.find("is_public");
  if (!text) return std::optional<bool>(true);
  if (*text == "None" || *text == "none") return std::optional<bool>();
  if (*text == "t" || *text == "T" || *text == "y") return std::optional<bool>(true);
  if (*text == "f" || *text == "F" || *text == "n") return std::optional<bool>(false);
  return std::optional<bool>(TRY(flag_of(request, "is_public", true)));
}

Result<int64_t> least(const Request& request, const char* name) {
  const std::string* text = request.query.find(name);
  if (!text) return int64_t{0};
  FieldRules rules;
  rules.name = name;
  rules.type = "integer";
  TRYV(check_field(rules, Json(*text)));
  return std::stoll(*text);
}

Result<Response> list(App& app, const Request& request, Context& c, bool detail) {
  auto is_public = TRY(wanted_public(request, c));
  int64_t min_ram = TRY(least(request, "minRam")), min_disk = TRY(least(request, "minDisk")),
          limit = TRY(limit_of(request));
  std::string marker = request.query.get("marker");
  auto all = TRY(app.db.read([&](db::Session& s) {
    return flavors_for(s, c.claims.is_admin() ? "" : c.claims.project_id);
  }));
  bool on = marker.empty(), more = false;
  Json out = Json::array();
  std::string last;
  for (const Flavor& f : all) {
    bool fits =
        (!is_public || f.is_public == *is_public) && f.ram_mib >= min_ram && f.disk_gib >= min_disk;
    if (on && fits) {
      more = static_cast<int64_t>(out.size()) >= limit;
      if (more) break;
      out.push_back(detail ? flavor_json(f, app.viewer(c)) : flavor_brief(f, app.viewer(c)));
      last = f.id;
    }
    on = on || f.id == marker;
  }
  if (!on) return bad_request("marker [" + marker.substr(0, 255) + "] not found", "marker");
  Json body = Json::object({{"flavors", out}});
  if (more)
    body.set("flavors_links",
             Json::array({Json::object({{"rel", "next"}, {"href", next_link(request, c, last)}})}));
  return Response::json(200, body);
}

Result<Response> update(App& app, const Request& request, Context& c) {
  if (c.microversion < 55) return not_found("The resource could not be found.");
  const Json body = TRY(body_member(request.body, "flavor"));
  const Json& text = body["description"];
  bool ok = body.is_object() && body.size() == 1 && body.contains("description") &&
            (text.is_null() || (text.is_string() && text.as_string().size() <= 65535));
  if (!ok)
    return bad_request(
        "The flavor's description, a text of at most 65535 characters or null, is what can be "
        "changed.",
        "description");
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Flavor f = TRY(load_flavor(s, c));
    f.description = text.is_null() ? std::nullopt : std::optional(text.as_string());
    save_flavor(s, f);
    return Response::json(200, Json::object({{"flavor", flavor_json(f, app.viewer(c))}}));
  });
}

}  // namespace

Result<Flavor> load_flavor(db::Session& s, const Context& c) {
  auto f = find_flavor(s, c.param("id"));
  if (!f || (!c.claims.is_admin() && !flavor_visible(s, *f, c.claims.project_id))) {
    return not_found("Flavor " + c.param("id").substr(0, 255) + " could not be found.");
  }
  return std::move(*f);
}

Json flavor_brief(const Flavor& f, const Viewer& v) {
  Json out = Json::object({{"id", f.id}, {"name", f.name}, {"links", links(v, "flavors", f.id)}});
  if (v.version >= 55) out.set("description", f.description ? Json(*f.description) : Json());
  return out;
}

Json flavor_json(const Flavor& f, const Viewer& v) {
  Json out =
      Json::object({{"id", f.id},
                    {"name", f.name},
                    {"ram", f.ram_mib},
                    {"disk", f.disk_gib},
                    {"swap", f.swap_mib == 0 && v.version < 75 ? Json("") : Json(f.swap_mib)},
                    {"OS-FLV-EXT-DATA:ephemeral", f.ephemeral_gib},
                    {"OS-FLV-DISABLED:disabled", false},
                    {"vcpus", f.vcpus},
                    {"os-flavor-access:is_public", f.is_public},
                    {"rxtx_factor", f.rxtx_factor},
                    {"links", links(v, "flavors", f.id)}});
  if (v.version >= 55) out.set("description", f.description ? Json(*f.description) : Json());
  if (v.version >= 61) out.set("extra_specs", parse_json(f.specs).value_or(Json()));
  return out;
}

void add_flavor_routes(Router& router, App& app) {
  router.add("GET", "/v2.1/flavors", Access::reader,
             [&app](const Request& q, Context& c) { return list(app, q, c, false); });
  router.add("GET", "/v2.1/flavors/detail", Access::reader,
             [&app](const Request& q, Context& c) { return list(app, q, c, true); });
  router.add("POST", "/v2.1/flavors", Access::admin,
             [&app](const Request& q, Context& c) { return create(app, q, c); });
  router.add("GET", "/v2.1/flavors/{id}", Access::reader, [&app](const Request&, Context& c) {
    return app.db.read([&](db::Session& s) -> Result<Response> {
      Flavor f = TRY(load_flavor(s, c));
      return Response::json(200, Json::object({{"flavor", flavor_json(f, app.viewer(c))}}));
    });
  });
  router.add("PUT", "/v2.1/flavors/{id}", Access::admin,
             [&app](const Request& q, Context& c) { return update(app, q, c); });
  router.add("DELETE", "/v2.1/flavors/{id}", Access::admin, [&app](const Request&, Context& c) {
    return app.db.write([&](db::Session& s) -> Result<Response> {
      if (!erase_flavor(s, c.param("id")))
        return not_found("Flavor " + c.param("id").substr(0, 255) + " could not be found.");
      return Response::empty(202);
    });
  });
  add_flavor_spec_routes(router, app);
}

}  // namespace nuri::compute
