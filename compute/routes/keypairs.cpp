#include <algorithm>

#include "compute/domain/x509_key.h"
#include "compute/routes/app.h"
#include "services/base/fields.h"

namespace nuri::compute {

namespace {

struct KeypairCreate {
  std::string name, type = "ssh";
  std::optional<std::string> public_key, user_id;
};

bool safe_name(const std::string& name, int version) {
  std::string_view more = version >= 92 ? " _-@." : " _-";
  return std::all_of(name.begin(), name.end(), [&](unsigned char ch) {
    return (std::isalnum(ch) && ch < 0x80) ||
           more.find(static_cast<char>(ch)) != std::string_view::npos;
  });
}

Result<KeypairCreate> read_create(const Request& request, int version) {
  using K = KeypairCreate;
  static const Fields<K> kFields(
      "keypair", Fields<K>::Unknown::refuse,
      {
          text("name", &K::name).required_().length(1, 255).format_("name"),
          text("public_key", &K::public_key).length(0, 65535),
          text("type", &K::type).one_of({"ssh", "x509"}).since_(2),
          text("user_id", &K::user_id).length(1, 255).since_(10),
      });
  Json body = TRY(body_member(request.body, "keypair"));
  K in = TRY(kFields.read(body, version));
  if (!safe_name(in.name, version)) {
    return bad_request(std::string("Keypair data is invalid: Keypair name contains unsafe "
                                   "characters; letters, digits, spaces and ") +
                           (version >= 92 ? "_-@." : "_-") + " are allowed.",
                       "name");
  }
  if (version >= 92 && !in.public_key)
    return bad_request("'public_key' is a required property.", "public_key");
  return in;
}

// The caller, or whom an administrator names (2.10).
Result<std::string> owner_of(const Context& c, const std::optional<std::string>& asked) {
  if (!asked || asked->empty() || c.microversion < 10) return c.claims.user_id;
  if (*asked != c.claims.user_id && !c.claims.is_admin())
    return forbidden(
        "Policy doesn't allow os_compute_api:os-keypairs to be performed for another user.");
  return *asked;
}
std::optional<std::string> asked_user(const Request& q) {
  const std::string* id = q.query.find("user_id");
  return id ? std::optional(*id) : std::nullopt;
}

Json keypair_json(const Keypair& k, int version) {
  Json out = Json::object(
      {{"name", k.name}, {"public_key", k.public_key}, {"fingerprint", k.fingerprint}});
  if (version >= 2) out.set("type", k.type);
  return out;
}

Result<SshKey> key_of(const KeypairCreate& in) {
  if (in.type == "x509")
    return in.public_key ? import_x509_key(*in.public_key) : generate_x509_key(in.name);
  return in.public_key ? import_ssh_key(*in.public_key) : generate_ssh_key("Generated-by-Nuri");
}

Result<Response> create(App& app, const Request& request, Context& c) {
  KeypairCreate in = TRY(read_create(request, c.microversion));
  Keypair k;
  k.user_id = TRY(owner_of(c, in.user_id));
  k.name = in.name;
  k.created_us = app.clock.now_us();
  k.type = in.type;
  SshKey key = TRY(key_of(in));
  k.public_key = key.public_key;
  k.fingerprint = key.fingerprint;
  return app.db.write([&](db::Session& s) -> Result<Response> {
    if (find_keypair(s, k.user_id, k.name))
      return conflict("Key pair '" + k.name + "' already exists.");
    int64_t most = quota().limit(s, c.claims.project_id, "key_pairs");
    if (most >= 0 && static_cast<int64_t>(keypairs_of(s, k.user_id).size()) >= most) {
      return Error(ErrorCode::over_quota, "Quota exceeded, too many key pairs.");
    }
    insert_keypair(s, k);
    Json out = keypair_json(k, c.microversion);
    out.set("user_id", k.user_id);
    if (!key.private_key.empty()) out.set("private_key", key.private_key);
    return Response::json(c.microversion >= 2 ? 201 : 200, Json::object({{"keypair", out}}));
  });
}

Result<Response> list(App& app, const Request& request, Context& c) {
  std::string user = TRY(owner_of(c, asked_user(request)));
  auto all = TRY(app.db.read([&](db::Session& s) { return keypairs_of(s, user); }));
  size_t from = 0;
  auto limit = static_cast<size_t>(c.microversion >= 35 ? TRY(limit_of(request)) : INT32_MAX);
  std::string marker = c.microversion >= 35 ? request.query.get("marker") : "";
  if (!marker.empty()) {
    auto at =
        std::find_if(all.begin(), all.end(), [&](const Keypair& k) { return k.name == marker; });
    if (at == all.end())
      return bad_request("Marker " + marker.substr(0, 255) + " could not be found.", "marker");
    from = static_cast<size_t>(at - all.begin()) + 1;
  }
  Json out = Json::array();
  for (size_t i = from; i < all.size() && out.size() < limit; ++i)
    out.push_back(Json::object({{"keypair", keypair_json(all[i], c.microversion)}}));
  Json body = Json::object({{"keypairs", out}});
  if (from + out.size() < all.size()) {
    body.set(
        "keypairs_links",
        Json::array({Json::object(
            {{"rel", "next"}, {"href", next_link(request, c, all[from + out.size() - 1].name)}})}));
  }
  return Response::json(200, body);
}

Result<Response> show(App& app, const Request& request, Context& c) {
  std::string user = TRY(owner_of(c, asked_user(request)));
  auto k = TRY(app.db.read([&](db::Session& s) { return find_keypair(s, user, c.param("name")); }));
  if (!k)
    return not_found("Keypair " + c.param("name").substr(0, 255) + " not found for user " + user);
  Json out = keypair_json(*k, c.microversion);
  out.set("user_id", k->user_id)
      .set("deleted", false)
      .set("created_at", iso_naive(k->created_us))
      .set("updated_at", Json())
      .set("deleted_at", Json())
      .set("id", k->number);
  return Response::json(200, Json::object({{"keypair", out}}));
}

Result<Response> remove(App& app, const Request& request, Context& c) {
  std::string user = TRY(owner_of(c, asked_user(request)));
  bool there =
      TRY(app.db.write([&](db::Session& s) { return erase_keypair(s, user, c.param("name")); }));
  if (!there)
    return not_found("Keypair " + c.param("name").substr(0, 255) + " not found for user " + user);
  return Response::empty(c.microversion >= 2 ? 204 : 202);
}

}  // namespace

void add_keypair_routes(Router& router, App& app) {
  router.add("GET", "/v2.1/os-keypairs", Access::reader,
             [&app](const Request& q, Context& c) { return list(app, q, c); });
  router.add("POST", "/v2.1/os-keypairs", Access::member,
             [&app](const Request& q, Context& c) { return create(app, q, c); });
  router.add("GET", "/v2.1/os-keypairs/{name}", Access::reader,
             [&app](const Request& q, Context& c) { return show(app, q, c); });
  router.add("DELETE", "/v2.1/os-keypairs/{name}", Access::member,
             [&app](const Request& q, Context& c) { return remove(app, q, c); });
}

}  // namespace nuri::compute
