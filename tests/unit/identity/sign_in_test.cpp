#include "tests/unit/identity/world.h"

namespace nuri::identity {

using SignIn = World;
constexpr const char* kRefusal = "The request you have made requires authentication.";

TEST_F(SignIn, RefusalsAreTheSameWhateverWasWrong) {
  make_user("ann");
  for (const Json& body : {login("ann", "wrong"), login("nobody", "wrong")}) {
    Response r = sign_in(body);
    EXPECT_EQ(r.status, 401);
    EXPECT_EQ(message(r), kRefusal);
  }
}

TEST_F(SignIn, AnUnknownUserCostsAHashToo) {
  // By code path: the check of a user that is not there runs the hash against the decoy.
  auto none = hasher->verify("anything", "");
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_FALSE(*hasher->verify("no one has this password", ""))
      << "the decoy's own password is none";
}

TEST_F(SignIn, LockedOutEvenWithTheRightPassword) {
  make_user("ann");
  for (int i = 0; i < 3; ++i) sign_in(login("ann", "wrong"));
  EXPECT_EQ(sign_in(login("ann", "pw of ann")).status, 401);
  clock.advance(61 * kSecondUs);
  EXPECT_EQ(sign_in(login("ann", "pw of ann")).status, 201);
}

TEST_F(SignIn, AUserDoesNotGoBackToOnesLastPasswords) {
  me->unique_passwords = 3;
  std::string path = "/v3/users/" + make_user("ann")["id"].as_string();
  auto change = [&](const std::string& from, const std::string& to) {
    Json user = Json::object({{"original_password", from}, {"password", to}});
    return call("POST", path + "/password", "", Json::object({{"user", user}})).status;
  };
  EXPECT_EQ(change("pw of ann", "pw of ann"), 400) << "the one in use";
  EXPECT_EQ(change("pw of ann", "second"), 204);
  EXPECT_EQ(change("second", "pw of ann"), 400);
  EXPECT_EQ(change("second", "third"), 204);
  EXPECT_EQ(change("third", "second"), 400);
  EXPECT_EQ(change("third", "pw of ann"), 204) << "three others since";
  Json reset = Json::object({{"user", Json::object({{"password", "third"}})}});
  EXPECT_EQ(call("PATCH", path, admin(), reset).status, 200) << "an administrator is not asked";
  EXPECT_EQ(sign_in(login("ann", "third")).status, 201);
  me->unique_passwords = 0;
  EXPECT_EQ(change("third", "third"), 204);
}

TEST_F(SignIn, BadSignInBodiesNameTheField) {
  auto refused = [&](const char* body, const char* word, int status = 400) {
    Response r = sign_in(parse_json(body).value_or(Json(body)));
    EXPECT_EQ(r.status, status) << body;
    EXPECT_NE(message(r).find(word), std::string::npos) << body << " -> " << message(r);
  };
  refused("[]", "object");
  refused("{}", "auth");
  refused(R"({"auth": 1})", "auth");
  refused(R"({"auth": {}})", "identity");
  refused(R"({"auth": {"identity": {}}})", "methods");
  refused(R"({"auth": {"identity": {"methods": "password"}}})", "methods");
  refused(R"({"auth": {"identity": {"methods": []}}})", "methods");
  refused(R"({"auth": {"identity": {"methods": [7]}}})", "methods");
  refused(R"({"auth": {"identity": {"methods": ["totp"]}}})", "unsupported", 401);
  refused(R"({"auth": {"identity": {"methods": ["password"]}}})", "password");
  refused(R"({"auth": {"identity": {"methods": ["password"], "password": {}}}})", "user");
  refused(
      R"({"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x", "password": "y"}}}}})",
      "domain");
  refused(
      R"({"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": 5, "password": "y"}}}}})",
      "id");
  refused(R"({"auth": {"identity": {"methods": ["token"], "token": {}}}})", "id");
  refused(
      R"({"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"moon": {}}}})",
      "scope");
  refused(
      R"({"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"system": {"all": false}}}})",
      "system");
}

}  // namespace nuri::identity
