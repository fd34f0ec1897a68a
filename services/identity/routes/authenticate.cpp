#include "services/identity/routes/authenticate.h"

#include "services/identity/store/schema.h"

namespace nuri::identity {

namespace {

std::optional<Project> find_domain(db::Session& s, const DomainRef& ref) {
  auto found = ref.id ? kProjects.find(s, *ref.id)
                      : kProjects.first(s, "domain_id='' AND name=?1", {ref.name.value_or("")});
  if (!found || !found->is_domain) return std::nullopt;
  return found;
}

std::optional<User> find_user(db::Session& s, const UserRef& ref) {
  if (ref.id) return kUsers.find(s, *ref.id);
  auto domain = find_domain(s, ref.domain);
  if (!domain) return std::nullopt;
  return kUsers.first(s, "domain_id=?1 AND name=?2", {domain->id, ref.name.value_or("")});
}

// A name for the lock-out's count that is the same for each way to name a user.
std::string lock_name(const std::optional<User>& user, const UserRef& ref) {
  if (user) return user->id;
  return ref.id.value_or("") + '\n' + ref.name.value_or("") + '\n' + ref.domain.id.value_or("") +
         '\n' + ref.domain.name.value_or("");
}

// A secret against its hash, counted by the lock-out. With no hash it does the work all the same.
Status check_secret(Identity& me, const std::string& who, const std::string& peer,
                    const std::string& secret, const std::string& hash) {
  if (me.lockout.locked(who, peer)) return unauthenticated();
  bool right = TRY(me.hasher.verify(secret, hash));
  if (!right) {
    me.lockout.failed(who, peer);
    return unauthenticated();
  }
  me.lockout.succeeded(who, peer);
  return {};
}

Result<Proven> by_app_credential(Identity& me, const AppCredentialRef& ref,
                                 const std::string& peer) {
  struct Found {
    std::optional<ApplicationCredential> credential;
    std::optional<User> user;
  };
  Found found = TRY(me.db.read([&](db::Session& s) {
    Found f;
    if (ref.id)
      f.credential = kApplicationCredentials.find(s, *ref.id);
    else if (auto u = find_user(s, *ref.user)) {
      f.credential = kApplicationCredentials.first(s, "user_id=?1 AND name=?2",
                                                   {u->id, ref.name.value_or("")});
    }
    if (f.credential) f.user = kUsers.find(s, f.credential->user_id);
    return f;
  }));
  std::string who =
      "ac\n" + (found.credential ? found.credential->id
                                 : ref.id.value_or("") + '\n' + ref.name.value_or(""));
  std::string hash = found.credential ? found.credential->secret_hash.value_or("") : "";
  TRYV(check_secret(me, who, peer, ref.secret.value_or(""), hash));
  auto expires = parse_iso(found.credential->expires_at.value_or(""));
  if (!found.user || (expires && *expires <= me.clock.now_us())) return unauthenticated();
  Proven out;
  out.user = *found.user;
  out.app_credential = found.credential;
  return out;
}

Result<User> user_of_token(Identity& me, const std::string& token,
                           std::shared_ptr<const Claims>& parent) {
  TRYV(me.cache.refresh());
  auto known = me.verifier.check(token);
  if (!known) return not_found("Could not find token.");  // Keystone's answer, and not 401
  parent = std::move(known).value();
  // A token that was narrowed on purpose does not lead to a wider one.
  bool narrowed = noted(*parent, "ac:") || noted(*parent, "au:") || noted(*parent, "tr:");
  if (parent->user_id.empty() || narrowed) return unauthenticated();
  auto user = TRY(me.db.read([&](db::Session& s) { return kUsers.find(s, parent->user_id); }));
  if (!user) return unauthenticated();
  return *user;
}

}  // namespace

std::optional<std::string> noted(const Claims& c, std::string_view mark) {
  for (const std::string& a : c.audit_ids) {
    if (a.starts_with(mark)) return a.substr(mark.size());
  }
  return std::nullopt;
}

Result<User> check_password(Identity& me, const UserRef& who, const std::string& password,
                            const std::string& peer) {
  auto user = TRY(me.db.read([&](db::Session& s) { return find_user(s, who); }));
  std::string hash = user ? user->password_hash.value_or("") : "";
  TRYV(check_secret(me, lock_name(user, who), peer, password, hash));
  return *user;
}

Result<Proven> authenticate(Identity& me, const AuthRequest& request, const std::string& peer) {
  Proven out;
  TimeUs start = me.clock.now_us();
  std::optional<User> user;
  auto same_user = [&](const User& next) {
    if (user && user->id != next.id) return false;
    user = next;
    return true;
  };
  if (request.user) {
    User found = TRY(check_password(me, *request.user, request.user->password.value_or(""), peer));
    if (!same_user(found)) return unauthenticated();
  }
  if (request.app_credential) {
    Proven found = TRY(by_app_credential(me, *request.app_credential, peer));
    out.app_credential = found.app_credential;
    if (!same_user(found.user)) return unauthenticated();
  }
  if (request.token) {
    User found = TRY(user_of_token(me, *request.token, out.parent));
    if (!same_user(found)) return unauthenticated();
  }
  auto domain = TRY(me.db.read([&](db::Session& s) { return kProjects.find(s, user->domain_id); }));
  if (!user->enabled || !domain || !domain->enabled) return unauthenticated();
  out.user = std::move(*user);
  out.user_domain = std::move(*domain);
  out.methods = request.methods;
  for (const auto& m : out.parent ? out.parent->methods : std::vector<std::string>{}) {
    if (std::find(out.methods.begin(), out.methods.end(), m) == out.methods.end())
      out.methods.push_back(m);
  }
  out.at_us = start;
  return out;
}

}  // namespace nuri::identity
