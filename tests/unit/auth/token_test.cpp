#include <gtest/gtest.h>
#include <sys/stat.h>

#include "services/auth/token.h"
#include "services/base/config.h"
#include "tests/support/temp_dir.h"

namespace nuri::auth {
namespace {

class TokenTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_file(dir.file("service.key"), std::string(64, 'a') + "\n", 0600));
    signer = std::move(TokenSigner::open(dir.file("k.pem"), dir.file("k.pub"))).value();
    service = std::move(ServiceIdentity::open(dir.file("service.key"), "compute", clock)).value();
    verifier = std::make_unique<TokenVerifier>(dir.file("k.pub"), dir.file("service.key"), clock);
    verifier->caught_up();
  }
  Claims claims() {
    Claims c;
    c.user_id = "u1";
    c.project_id = "p1";
    c.scope = Claims::Scope::project;
    c.roles = {{"r1", "member"}};
    c.audit_ids = {"audit"};
    c.issued_us = clock.now_us();
    c.expires_us = clock.now_us() + 3600 * kSecondUs;
    return c;
  }
  test::TempDir dir;
  FakeClock clock;
  std::unique_ptr<TokenSigner> signer;
  std::unique_ptr<ServiceIdentity> service;
  std::unique_ptr<TokenVerifier> verifier;
};

TEST_F(TokenTest, SaysWhatWasSigned) {
  std::string token = *signer->sign(claims());
  auto c = verifier->check(token);
  ASSERT_TRUE(c);
  EXPECT_EQ((*c)->user_id, "u1");
  EXPECT_EQ((*c)->project_id, "p1");
  EXPECT_EQ((*c)->scope, Claims::Scope::project);
  EXPECT_TRUE((*c)->is_member());
  EXPECT_FALSE((*c)->is_admin());
  EXPECT_TRUE(verifier->check(token)) << "from the cache";
}

TEST_F(TokenTest, ForgedOnesAreRefusedAlike) {
  std::string token = *signer->sign(claims());
  std::string message;
  auto refuse = [&](const std::string& text) {
    auto c = verifier->check(text);
    ASSERT_FALSE(c) << text.substr(0, 40);
    EXPECT_EQ(c.error().code, ErrorCode::unauthorized);
    if (message.empty()) message = c.error().message;
    EXPECT_EQ(c.error().message, message);
  };
  refuse("");
  refuse("n1");
  refuse("n1..");
  refuse("s1" + token.substr(2));
  refuse(token + "A");
  refuse(token.substr(0, token.size() - 2));
  refuse(std::string(20'000, 'n'));
  for (size_t i = 0; i < token.size(); i += 7) {
    std::string changed = token;
    changed[i] = changed[i] == 'B' ? 'C' : 'B';
    refuse(changed);
  }
}

TEST_F(TokenTest, AUserTokenNeverMakesAService) {
  Claims c = claims();
  c.service = "compute";
  EXPECT_FALSE(verifier->check(*signer->sign(c)));
}

TEST_F(TokenTest, ServiceTokensAreRenewedBeforeTheyEnd) {
  std::string first = service->token();
  auto c = verifier->check(first);
  ASSERT_TRUE(c);
  EXPECT_TRUE((*c)->is_service());
  clock.advance(400 * kSecondUs);
  std::string second = service->token();
  EXPECT_NE(first, second);
  clock.advance(300 * kSecondUs);
  EXPECT_FALSE(verifier->check(first));
  EXPECT_TRUE(verifier->check(second));
}

TEST_F(TokenTest, ExpiryAndRevocation) {
  std::string token = *signer->sign(claims());
  ASSERT_TRUE(verifier->check(token));
  verifier->revoke({{Revocation::What::user, "u1", clock.now_us() - 1, 0}});
  EXPECT_TRUE(verifier->check(token)) << "issued after";
  verifier->revoke({{Revocation::What::user, "u1", clock.now_us() + 1, 0}});
  EXPECT_FALSE(verifier->check(token));
  Claims other = claims();
  other.user_id = "u2";
  std::string by_audit = *signer->sign(other);
  ASSERT_TRUE(verifier->check(by_audit));
  verifier->revoke({{Revocation::What::audit_id, "audit", 0, 0}});
  EXPECT_FALSE(verifier->check(by_audit));
  other.audit_ids = {"x"};
  std::string expiring = *signer->sign(other);
  ASSERT_TRUE(verifier->check(expiring));
  clock.advance(3601 * kSecondUs);
  EXPECT_FALSE(verifier->check(expiring));
}

TEST_F(TokenTest, KeysAreMadeOnceAndPrivate) {
  struct stat st {};
  ASSERT_EQ(stat(dir.file("k.pem").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  std::string before = *read_file(dir.file("k.pem"));
  ASSERT_TRUE(TokenSigner::open(dir.file("k.pem"), dir.file("k.pub")));
  EXPECT_EQ(*read_file(dir.file("k.pem")), before);
  ASSERT_TRUE(write_file(dir.file("k.pem"), "junk", 0600));
  EXPECT_FALSE(TokenSigner::open(dir.file("k.pem"), dir.file("k.pub")));
}

TEST(ClaimsRoles, CountWhereTheyWereGiven) {
  using Scope = Claims::Scope;
  auto says = [](Scope scope, const char* role) {
    Claims c;
    c.scope = scope;
    c.roles = {{role, role}};
    return std::string(c.is_admin() ? "a" : "") + (c.is_member() ? "m" : "") + (c.is_reader() ? "r" : "");
  };
  EXPECT_EQ(says(Scope::project, "admin"), "amr");
  EXPECT_EQ(says(Scope::project, "member"), "mr");
  EXPECT_EQ(says(Scope::project, "reader"), "r");
  EXPECT_EQ(says(Scope::system, "admin"), "amr");
  EXPECT_EQ(says(Scope::system, "member"), "") << "no project to make things in";
  EXPECT_EQ(says(Scope::system, "reader"), "r");
  for (const char* role : {"admin", "member", "reader"}) EXPECT_EQ(says(Scope::domain, role), "") << role;
}

TEST(Encoding, Base64) {
  for (std::string s : {"", "a", "ab", "abc", "\xff\xfe\xfd\x00x"}) {
    EXPECT_EQ(*base64url_decode(base64url(s)), s);
    EXPECT_EQ(*base64_decode(base64(s)), s);
  }
  EXPECT_EQ(base64("ab"), "YWI=");
  for (const char* bad : {"a", "YWI", "Y WI=", "YWJ=", "====", "YQ=a"}) EXPECT_FALSE(base64_decode(bad)) << bad;
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace nuri::auth
