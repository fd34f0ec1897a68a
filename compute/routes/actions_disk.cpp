#include "compute/api/server_create.h"
#include "compute/routes/actions.h"
#include "compute/routes/resolve.h"
#include "compute/store/ledgers.h"
#include "services/base/fields.h"

// Rebuild and resize.
namespace nuri::compute {

namespace {

// What the answer to a rebuild has beyond what a PUT's has, before that has everything (2.75).
Json rebuilt_json(const Server& server, const Viewer& viewer, const std::string& password) {
  Json out = server_updated(server, viewer);
  if (viewer.version >= 54) out.set("key_name", server.key_name ? Json(*server.key_name) : Json());
  if (viewer.version >= 57)
    out.set("user_data", server.user_data ? Json(*server.user_data) : Json());
  out.erase("OS-EXT-SRV-ATTR:user_data");  // it is under its own name
  out.set("adminPass", password);
  return Json::object({{"server", out}});
}

void take_rebuild(Server& server, const ServerRebuild& in, const std::optional<Keypair>& key) {
  if (in.name) server.name = *in.name;
  if (in.hostname) server.hostname = *in.hostname;
  if (in.has_description) server.description = in.description;
  if (in.access_ipv4) server.access_ipv4 = *in.access_ipv4;
  if (in.access_ipv6) server.access_ipv6 = *in.access_ipv6;
  if (in.disk_config) server.disk_config = *in.disk_config;
  if (in.metadata) server.metadata = string_map_json(*in.metadata).dump();
  if (in.has_user_data) server.user_data = in.user_data;
  if (in.has_key) {
    server.key_name = key ? std::optional(key->name) : std::nullopt;
    server.key_data = key ? std::optional(key->public_key) : std::nullopt;
  }
}

Flavor flavor_of(const Server& server) {
  Flavor f;
  f.ram_mib = server.ram_mib;
  f.disk_gib = server.disk_gib;
  return f;
}

// Room for the larger of the two on the host the server is on, and in the project's quota.
Status hold_both(App& app, db::Session& s, Server& server) {
  hold_for_resize(server);
  TRYV(claim_quota(s, server));
  PlaceRequest more;
  more.host = server.host;
  more.project_id = server.project_id;
  more.vcpus = server.extra_vcpus;
  more.memory_mib = server.extra_ram_mib;
  more.disk_gib = server.extra_disk_gib;
  Plan plan = place(capacities(s, app.clock.now_us()), more);
  auto host = find_host(s, server.host);
  if (plan.host.empty()) return bad_request(plan.text(), "flavorRef");
  if (host && host->vcpus < server.vcpus + server.extra_vcpus)
    return bad_request("No valid host was found: the server's host has " +
                           std::to_string(host->vcpus) + " vCPUs.",
                       "flavorRef");
  save_server(s, server);
  allocate_host(s, server.id, server.host);
  return {};
}

Status check_new_flavor(const Server& server, const Flavor& flavor) {
  if (flavor.id == server.flavor_id)
    return bad_request("When resizing, instances must change flavor!", "flavorRef");
  bool local = !server.image_id.empty();
  if (local && flavor.disk_gib < server.disk_gib)
    return bad_request("Resize error: Unable to resize disk down: the disk has " +
                           std::to_string(server.disk_gib) + " GiB, the flavor " +
                           std::to_string(flavor.disk_gib) + ".",
                       "flavorRef");
  return {};
}

Json flavor_json(const Flavor& f) {
  Server s;
  s.flavor_id = f.id;
  s.flavor_name = f.name;
  s.flavor_specs = f.specs;
  s.vcpus = f.vcpus;
  s.ram_mib = f.ram_mib;
  s.disk_gib = f.disk_gib;
  s.ephemeral_gib = f.ephemeral_gib;
  s.swap_mib = f.swap_mib;
  return flavor_part(s);
}

struct ResizeIn {
  std::string flavor_ref;
  std::optional<std::string> disk_config;
};

}  // namespace

Result<Response> rebuild_server(App& app, Context& c, const std::string& id,
                                const Json& argument) {
  ServerRebuild in = TRY(read_server_rebuild(argument, c.microversion));
  Server server = TRY(app.db.read([&](db::Session& s) { return app.load_unlocked(s, c, id); }));
  TRYV(allow(Action::rebuild, server));
  if (server.image_id.empty())
    return bad_request("Unable to rebuild with a different image for a volume-backed server.",
                       "imageRef");
  Json image =
      TRY(find_usable_image(app, c, in.image_id, flavor_of(server), "imageRef"));
  std::optional<Keypair> key;
  if (in.key_name) {
    key = TRY(
        app.db.read([&](db::Session& s) { return find_keypair(s, server.user_id, *in.key_name); }));
    if (!key) return bad_request("Invalid key_name provided.", "key_name");
  }
  std::string password = in.admin_pass.value_or(app.random.hex(6));
  Server after;
  TRYV(wish(app, c, id, Action::rebuild, TaskState::rebuilding, "compute_rebuild_instance",
            [&](db::Session&, Server& now) -> Status {
              take_rebuild(now, in, key);
              // One that had failed is to come up.
              if (now.vm_state == VmState::error) now.wants_running = true;
              now.held.clear();
              now.image_id = image["id"].as_string();
              now.image = image.dump();
              now.password.clear();
              ++now.disk_number;
              now.task_state = TaskState::rebuilding;
              after = now;
              return {};
            }));
  Response done = Response::json(202, rebuilt_json(after, app.viewer(c), password));
  done.headers.set("Location", c.base_url + "/v2.1/servers/" + id);
  return done;
}

Result<Response> resize_server(App& app, Context& c, const std::string& id, const Json& argument) {
  using R = ResizeIn;
  static const Fields<R> kFields(
      "resize", Fields<R>::Unknown::refuse,
      {text("flavorRef", &R::flavor_ref).required_().length(1, 255),
       text("OS-DCF:diskConfig", &R::disk_config).one_of({"AUTO", "MANUAL"})});
  R in = TRY(kFields.read(argument));
  if (size_t slash = in.flavor_ref.rfind('/'); slash != std::string::npos)
    in.flavor_ref = in.flavor_ref.substr(slash + 1);
  Flavor flavor = TRY(find_usable_flavor(app, c, in.flavor_ref));
  return wish(app, c, id, Action::resize, TaskState::resize_migrating, "compute_prep_resize",
              [&](db::Session& s, Server& server) -> Status {
                TRYV(check_new_flavor(server, flavor));
                server.resize = Json::object({{"old", flavor_part(server)},
                                              {"new", flavor_json(flavor)},
                                              {"running", server.wants_running}})
                                    .dump();
                if (in.disk_config) server.disk_config = *in.disk_config;
                TRYV(hold_both(app, s, server));
                server.disk_keep = ++server.disk_kept;
                server.wants_running = false;
                return {};
              });
}

// The copy that was kept for a revert goes.
Result<Response> confirm_resize(App& app, Context& c, const std::string& id, const Json&) {
  return wish(
      app, c, id, Action::confirm_resize, TaskState::resize_confirming, "compute_confirm_resize",
      [](db::Session&, Server& server) -> Status {
        server.disk_keep = 0;
        return {};
      },
      204);
}

// Down, the old disk in the new one's place, the old flavor, up again.
Result<Response> revert_resize(App& app, Context& c, const std::string& id, const Json&) {
  return wish(app, c, id, Action::revert_resize, TaskState::resize_reverting,
              "compute_revert_resize", [](db::Session&, Server& server) -> Status {
                server.disk_keep = -1;
                server.wants_running = false;
                return {};
              });
}

}  // namespace nuri::compute
