#include "storage/domain/volume_state.h"
#include "storage/routes/handlers.h"
#include "storage/store/volume_store.h"

// The attachments API (3.27): a volume reserved, then given to a host that describes itself, then
// used. One owner: what compute attached is seen here and ended by compute.
namespace nuri::storage {

namespace {

struct Create {
  std::string volume_id;
  std::optional<std::string> instance;
  Json connector;
  std::string mode = "rw";
};
const Fields<Create> kCreate{"attachment",
                             Fields<Create>::Unknown::refuse,
                             {text("volume_uuid", &Create::volume_id).length(1, 64).required_(),
                              text("instance_uuid", &Create::instance).format_("uuid").nullable_(),
                              any("connector", &Create::connector).nullable_(),
                              text("mode", &Create::mode).one_of({"rw", "ro"}).since_(54)}};

struct Update {
  Json connector;
};
const Fields<Update> kUpdate{"attachment",
                             Fields<Update>::Unknown::refuse,
                             {any("connector", &Update::connector).required_()}};

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json summary(const Volume& v) {
  const Attachment& a = *v.attachment;
  return Json::object(
      {{"id", a.id}, {"status", a.state}, {"instance", or_null(a.server_id)}, {"volume_id", v.id}});
}

Json detail(const Volume& v, bool whole) {
  const Attachment& a = *v.attachment;
  Json out = summary(v);
  out.set("attached_at", a.attached_us ? Json(iso_naive(a.attached_us)) : Json());
  out.set("detached_at", Json());
  out.set("attach_mode", a.mode);
  if (!whole) return out;
  bool connected = !a.connector.is_null();
  Json info = Json::object();
  if (connected) {
    info = Json::object({{"driver_volume_type", "local"},
                         {"access_mode", a.mode},
                         {"encrypted", false},
                         {"volume_id", v.id},
                         {"attachment_id", a.id}});
  }
  return out.set("connection_info", info);
}

Error unknown(const Context& context) {
  return not_found("Volume attachment could not be found with filter: attachment_id = " +
                   context.param("id").substr(0, 64) + ".");
}

Result<Volume> by_attachment(db::Session& s, const Context& context) {
  auto v = store::find_by_attachment(s, context.param("id"));
  bool own = v && (context.claims.is_admin() || context.claims.is_service() ||
                   v->project_id == context.claims.project_id);
  if (!own) return unknown(context);
  return std::move(*v);
}

Result<Volume> change(Service& p, const Context& context,
                      const std::function<Status(db::Session&, Volume&)>& f) {
  return p.db.write([&](db::Session& s) -> Result<Volume> {
    Volume v = TRY(by_attachment(s, context));
    if (v.attachment->by_compute()) {
      return conflict("Attachment " + v.attachment->id +
                      " is compute's: detach the volume through the Compute API.");
    }
    TRYV(f(s, v));
    store::update(s, v, p.clock.now_us());
    return v;
  });
}

Status check_connector(const Json& connector) {
  if (connector.is_object() && connector.size() <= 64 && connector.dump().size() <= 16384)
    return {};
  return bad_request("connector must be an object of at most 64 members.", "connector");
}

const ListRules kRules = {"Attachment",
                          {"volume_id", "status", "instance_id", "id", "attach_status"},
                          {"id", "volume_id"}};

std::string text_of(const Volume& v, const std::string& field) {
  if (field == "volume_id") return v.id;
  if (field == "status" || field == "attach_status") return v.attachment->state;
  if (field == "instance_id") return v.attachment->server_id;
  return v.attachment->id;
}

Result<Response> list_of(Service& p, const Request& request, Context& context, bool detailed) {
  ListQuery query = TRY(read_list_query(request.query, kRules, context.microversion));
  auto volumes = TRY(p.db.read([&](db::Session& s) {
    auto all = store::list(s, list_scope(query, context));
    std::erase_if(all, [](const Volume& v) { return !v.attachment; });
    return all;
  }));
  static const ListView<Volume> kView = {
      [](const Volume& v) { return v.attachment->id; }, text_of, text_of,
      [](const Volume& v, const std::string&) { return v.attachment->created_us; },
      [](const Volume& v) { return &v.metadata; }};
  auto page = TRY(select(query, kRules, std::move(volumes), kView));
  Json items = Json::array();
  for (const Volume& v : page.items) items.push_back(detailed ? detail(v, false) : summary(v));
  Json out = Json::object({{"attachments", std::move(items)}});
  finish_list(out, "attachments", request, context, query,
              page.more ? page.items.back().attachment->id : "", page.count);
  return Response::json(200, out);
}

Json shown(const Volume& v) { return Json::object({{"attachment", detail(v, true)}}); }

}  // namespace

Result<Response> create_attachment(Service& p, const Request& request, Context& context) {
  Create in = TRY(kCreate.read(TRY(body_member(request.body, "attachment")), context.microversion));
  bool connected = !in.connector.is_null() && in.connector.size() > 0;
  if (connected) TRYV(check_connector(in.connector));
  Volume volume = TRY(p.db.write([&](db::Session& s) -> Result<Volume> {
    Volume v = TRY(own_volume(s, context, in.volume_id));
    if (v.status != "available" || v.attachment) {
      return bad_request("Invalid volume: Volume " + v.id +
                             " status must be available or "
                             "downloading to reserve, but the current status is " +
                             v.status + ".",
                         "status");
    }
    if (v.readonly.value_or(false) && in.mode != "ro" && context.microversion >= 54)
      return bad_request("Volume " + v.id + " is read-only: mode must be ro.", "mode");
    TimeUs now = p.clock.now_us();
    Attachment a{p.random.uuid(),
                 v.id,
                 in.instance.value_or(""),
                 "",
                 "",
                 connected ? "attaching" : "reserved",
                 now,
                 0};
    a.mode = in.mode;
    if (connected) a.connector = in.connector;
    if (connected) a.host = in.connector["host"].as_string().substr(0, 255);
    store::put_attachment(s, a);
    v.attachment = a;
    v.status = std::string(status_by_attachment(v));
    store::update(s, v, now);
    return v;
  }));
  return Response::json(200, shown(volume));
}

Result<Response> list_attachments(Service& p, const Request& q, Context& c) {
  return list_of(p, q, c, false);
}

Result<Response> list_attachments_detail(Service& p, const Request& q, Context& c) {
  return list_of(p, q, c, true);
}

Result<Response> show_attachment(Service& p, const Request&, Context& context) {
  Volume v = TRY(p.db.read([&](db::Session& s) { return by_attachment(s, context); }));
  return Response::json(200, shown(v));
}

Result<Response> update_attachment(Service& p, const Request& request, Context& context) {
  Update in = TRY(kUpdate.read(TRY(body_member(request.body, "attachment"))));
  TRYV(check_connector(in.connector));
  Volume volume = TRY(change(p, context, [&](db::Session& s, Volume& v) -> Status {
    Attachment& a = *v.attachment;
    a.connector = in.connector;
    a.host = in.connector["host"].as_string().substr(0, 255);
    a.device = in.connector["mountpoint"].as_string().substr(0, 255);
    if (a.state == "reserved") a.state = "attaching";
    store::put_attachment(s, a);
    if (v.status == "attaching") v.status = std::string(status_by_attachment(v));
    return {};
  }));
  return Response::json(200, shown(volume));
}

Result<Response> delete_attachment(Service& p, const Request&, Context& context) {
  TRY(change(p, context, [](db::Session& s, Volume& v) -> Status {
    store::remove_attachment(s, v.id, v.attachment->id);
    v.attachment.reset();
    if (v.status == "attaching" || v.status == "in-use" || v.status == "detaching")
      v.status = "available";
    return {};
  }));
  return Response::json(200, Json::object({{"attachments", Json::array()}}));
}

Result<Response> attachment_action(Service& p, const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  if (body.size() != 1 || !body.contains("os-complete"))
    return bad_request("The body must have one member: os-complete.", "os-complete");
  TRY(change(p, context, [&](db::Session& s, Volume& v) -> Status {
    Attachment& a = *v.attachment;
    if (a.state == "reserved")
      return bad_request("Attachment " + a.id + " has no connector yet: update it first.",
                         "status");
    if (a.attached_us == 0) a.attached_us = p.clock.now_us();
    a.state = "attached";
    store::put_attachment(s, a);
    if (v.status == "attaching") v.status = std::string(status_by_attachment(v));
    return {};
  }));
  return Response::empty(204);
}

}  // namespace nuri::storage
