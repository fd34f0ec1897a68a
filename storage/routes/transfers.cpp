#include "services/auth/token.h"
#include "storage/routes/handlers.h"
#include "storage/store/record_store.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/volume_store.h"

// Transfers: an offer of a volume to whoever has its key, for another project to accept.
namespace nuri::storage {

namespace {

using store::Transfer;

constexpr int kNoSnapshotsSince = 55, kProjectsSince = 57;

struct Offer {
  std::string volume_id;
  std::optional<std::string> name;
  bool no_snapshots = false;
};
const Fields<Offer> kOffer{
    "transfer",
    Fields<Offer>::Unknown::refuse,
    {text("volume_id", &Offer::volume_id).length(1, 64).required_(),
     text("name", &Offer::name).length(0, 255).nullable_(),
     boolean("no_snapshots", &Offer::no_snapshots).since_(kNoSnapshotsSince)}};

struct Accept {
  std::string key;
};
const Fields<Accept> kAccept{"accept",
                             Fields<Accept>::Unknown::refuse,
                             {text("auth_key", &Accept::key).length(1, 255).required_()}};

std::string hash_of(const std::string& salt, const std::string& key) {
  return auth::sha256_hex(salt + key);
}

// In a time that does not tell where they differ.
bool same(const std::string& a, const std::string& b) {
  unsigned differ = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i)
    differ |= static_cast<unsigned char>(a[i] ^ b[i]);
  return differ == 0;
}

Json links_of(const Transfer& t, const Context& context) {
  std::string rest = "/" + context.param("project_id") + "/os-volume-transfer/" + t.id;
  return Json::array({Json::object({{"rel", "self"}, {"href", context.base_url + "/v3" + rest}}),
                      Json::object({{"rel", "bookmark"}, {"href", context.base_url + rest}})});
}

Json summary(const Transfer& t, const Context& context) {
  return Json::object({{"id", t.id},
                       {"volume_id", t.volume_id},
                       {"name", t.name ? Json(*t.name) : Json()},
                       {"links", links_of(t, context)}});
}

Json detail(const Transfer& t, const Context& context) {
  Json out = summary(t, context);
  out.set("created_at", iso_naive(t.created_us));
  if (context.microversion >= kNoSnapshotsSince) out.set("no_snapshots", t.no_snapshots);
  if (context.microversion >= kProjectsSince) {
    out.set("source_project_id", t.project_id);
    out.set("destination_project_id", Json());
    out.set("accepted", false);
  }
  return out;
}

Error no_transfer(const Context& context) {
  return not_found("Transfer " + context.param("id").substr(0, 64) + " could not be found.");
}

Result<Transfer> own_transfer(db::Session& s, const Context& context) {
  auto t = store::find_transfer(s, context.param("id"));
  if (!t || !(context.claims.is_admin() || t->project_id == context.claims.project_id))
    return no_transfer(context);
  return std::move(*t);
}

Result<Response> list_of(Service& p, const Request& request, Context& context, bool detailed) {
  bool everything = context.claims.is_admin() && loose_bool(Json(request.query.get("all_tenants")));
  auto found = TRY(p.db.read([&](db::Session& s) {
    return store::transfers(s, everything ? "" : context.param("project_id"));
  }));
  Json items = Json::array();
  for (const Transfer& t : found)
    items.push_back(detailed ? detail(t, context) : summary(t, context));
  return Response::json(200, Json::object({{"transfers", items}}));
}

// Snapshots do not outlive their volume: whoever had it could delete those of its old owner.
Status may_leave_snapshots(db::Session& s, const std::string& volume_id) {
  if (store::snapshots_of(s, volume_id).empty()) return {};
  return bad_request(
      "Invalid volume: Volume " + volume_id +
          " has snapshots, which go with it: no_snapshots must be false, or they be deleted first.",
      "no_snapshots");
}

// The volume, and with it its snapshots, go over: to the new project's quota and bill.
Status hand_over(Service& p, db::Session& s, Volume& v, const Context& context) {
  const std::string from = v.project_id, to = context.param("project_id");
  TimeUs now = p.clock.now_us();
  auto snapshots = store::snapshots_of(s, v.id);
  std::erase_if(snapshots, [&](const Snapshot& n) { return n.project_id != from; });
  TRYV(p.quota.move(s, v.id, from, to));
  if (v.metered) store::emit_usage(s, v, "end", now);
  v.project_id = to;
  v.user_id = context.claims.user_id;
  v.status = "available";
  if (v.metered) store::emit_usage(s, v, "begin", now);
  store::update(s, v, now);
  for (Snapshot& n : snapshots) {
    TRYV(p.quota.move(s, n.id, from, to));
    if (n.metered) store::emit_usage(s, n, "end", now);
    n.project_id = to;
    n.user_id = context.claims.user_id;
    if (n.metered) store::emit_usage(s, n, "begin", now);
    store::update(s, n, now);
  }
  return {};
}

}  // namespace

Result<Response> create_transfer(Service& p, const Request& request, Context& context) {
  Offer in = TRY(kOffer.read(TRY(body_member(request.body, "transfer")), context.microversion));
  std::string key = p.random.hex(16);
  Transfer t;
  t.id = p.random.uuid();
  t.name = in.name;
  t.salt = p.random.hex(16);
  t.hash = hash_of(t.salt, key);
  t.no_snapshots = in.no_snapshots;
  t.created_us = p.clock.now_us();
  TRYV(p.db.write([&](db::Session& s) -> Status {
    Volume v = TRY(own_volume(s, context, in.volume_id));
    if (v.status != "available" || v.attachment)
      return bad_request("Invalid volume: status must be available, but it is " + v.status + ".",
                         "status");
    if (t.no_snapshots) TRYV(may_leave_snapshots(s, v.id));
    t.volume_id = v.id;
    t.project_id = v.project_id;
    v.status = "awaiting-transfer";
    store::insert(s, t);
    store::update(s, v, t.created_us);
    return {};
  }));
  Json out = detail(t, context);
  out.set("auth_key", key);  // shown this once
  return Response::json(202, Json::object({{"transfer", out}}));
}

Result<Response> list_transfers(Service& p, const Request& q, Context& c) {
  return list_of(p, q, c, false);
}

Result<Response> list_transfers_detail(Service& p, const Request& q, Context& c) {
  return list_of(p, q, c, true);
}

Result<Response> show_transfer(Service& p, const Request&, Context& context) {
  Transfer t = TRY(p.db.read([&](db::Session& s) { return own_transfer(s, context); }));
  return Response::json(200, Json::object({{"transfer", detail(t, context)}}));
}

Result<Response> delete_transfer(Service& p, const Request&, Context& context) {
  TRYV(p.db.write([&](db::Session& s) -> Status {
    Transfer t = TRY(own_transfer(s, context));
    store::remove_transfer(s, t.id);
    auto v = store::find(s, t.volume_id);
    if (!v || v->status != "awaiting-transfer") return {};
    v->status = "available";
    store::update(s, *v, p.clock.now_us());
    return {};
  }));
  return Response::empty(202);
}

// By anyone with the key: the transfer's id alone tells nothing.
Result<Response> accept_transfer(Service& p, const Request& request, Context& context) {
  Accept in = TRY(kAccept.read(TRY(body_member(request.body, "accept"))));
  Transfer done = TRY(p.db.write([&](db::Session& s) -> Result<Transfer> {
    auto t = store::find_transfer(s, context.param("id"));
    if (!t) return no_transfer(context);
    if (!same(t->hash, hash_of(t->salt, in.key)))
      return bad_request("Invalid auth key: it is not this transfer's.", "auth_key");
    auto v = store::find(s, t->volume_id);
    if (!v || v->status != "awaiting-transfer")
      return bad_request("Invalid volume: status must be awaiting-transfer.", "status");
    if (t->no_snapshots) TRYV(may_leave_snapshots(s, v->id));
    TRYV(hand_over(p, s, *v, context));
    store::remove_transfer(s, t->id);
    return std::move(*t);
  }));
  return Response::json(202, Json::object({{"transfer", summary(done, context)}}));
}

}  // namespace nuri::storage
