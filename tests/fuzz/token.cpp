// Tokens from strangers: the text, and behind a good signature the payload.
#include <unistd.h>

#include <filesystem>

#include "services/auth/keys.h"
#include "services/auth/token.h"
#include "services/base/config.h"
#include "tests/fuzz/fuzz.h"

using namespace nuri;
using fuzz::hold;

namespace {

struct World {
  std::filesystem::path dir;
  FakeClock clock;
  std::unique_ptr<auth::TokenVerifier> verifier;
  std::unique_ptr<auth::TokenSigner> signer;
  std::string key, good;
};

World& world() {
  static World w;
  return w;
}

Claims somebody() {
  Claims c;
  c.user_id = c.user_name = "somebody";
  c.scope = Claims::Scope::project;
  c.project_id = "p";
  c.roles = {{"1", "member"}};
  c.audit_ids = {"a"};
  c.issued_us = 1;
  c.expires_us = INT64_MAX;
  return c;
}

void check_claims(const Claims& c) {
  const Json once = auth::claims_to_json(c);
  const auto again = auth::claims_from_json(once);
  hold(again.ok() && auth::claims_to_json(*again) == once, "claims survive being written");
}

// Nothing that was not signed here may pass.
void raw(World& w, std::string_view in) {
  const auto checked = w.verifier->check(in);
  hold(!checked || in == w.good, "a stranger's bytes are no token");
}

// One byte of a good token changed.
void changed(World& w, std::string_view in) {
  const size_t at = (fuzz::take_byte(in) | fuzz::take_byte(in) << 8) % w.good.size();
  std::string token = w.good;
  token[at] = static_cast<char>(fuzz::take_byte(in));
  const auto checked = w.verifier->check(token);
  hold(!checked || token == w.good, "a changed token is no token");
}

void payload(World& w, std::string_view in) {
  std::string text = "s1." + auth::base64url(in);
  const auto checked = w.verifier->check(text + "." + auth::base64url(auth::hmac_sha256(w.key, text)));
  if (!checked) return;
  hold(!(*checked)->service.empty(), "a service's token names the service");
  check_claims(**checked);
}

void codec(std::string_view in) {
  const auto url = auth::base64url_decode(auth::base64url(in));
  hold(url.ok() && *url == in, "base64url gives back what went in");
  const auto standard = auth::base64_decode(auth::base64(in));
  hold(standard.ok() && *standard == in, "base64 gives back what went in");
  const auto decoded = auth::base64url_decode(in);
  hold(!decoded || auth::base64url(*decoded) == in, "there is one spelling of each value");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  World& w = world();
  w.dir = std::filesystem::temp_directory_path() / ("nuri-fuzz-token-" + std::to_string(getpid()));
  std::filesystem::create_directories(w.dir);
  const std::string hex(64, '5');
  w.key = std::string(32, '\x55');
  const std::string shared = w.dir / "service.key", open = w.dir / "pub.pem";
  hold(write_file(shared, hex + "\n", 0600).ok(), "the key is written");
  auto signer = auth::TokenSigner::open(w.dir / "key.pem", open);
  hold(signer.ok(), "the signing key is made");
  w.signer = std::move(*signer);
  w.good = *w.signer->sign(somebody());
  w.verifier = std::make_unique<auth::TokenVerifier>(open, shared, w.clock);
  w.verifier->caught_up();
  hold(w.verifier->check(w.good).ok(), "a good token passes");
  std::filesystem::remove_all(w.dir);  // the keys are loaded
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view in = fuzz::text(data, size);
  World& w = world();
  switch (fuzz::take_byte(in) % 4) {
    case 0: raw(w, in); break;
    case 1: changed(w, in); break;
    case 2: payload(w, in); break;
    default: codec(in);
  }
  return 0;
}
