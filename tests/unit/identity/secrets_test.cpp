#include <gtest/gtest.h>

#include <thread>

#include "services/base/config.h"
#include "services/identity/store/hasher.h"
#include "services/identity/store/vault.h"
#include "tests/support/temp_dir.h"

namespace nuri::identity {

TEST(HasherTest, TakesWhatCryptCannot) {
  auto hasher = std::move(Hasher::create().value());
  std::string hidden_tail("abc\0def", 7), longest(4096, 'x');
  std::string hash = *hasher->hash(hidden_tail);
  EXPECT_TRUE(*hasher->verify(hidden_tail, hash));
  EXPECT_FALSE(*hasher->verify("abc", hash));
  EXPECT_FALSE(*hasher->verify(std::string("abc\0deg", 7), hash));
  hash = *hasher->hash(longest);
  EXPECT_TRUE(*hasher->verify(longest, hash));
  EXPECT_FALSE(*hasher->verify(longest.substr(1), hash));
}

TEST(HasherTest, TwoHashesOfOnePasswordDiffer) {
  auto hasher = std::move(Hasher::create().value());
  EXPECT_NE(*hasher->hash("same"), *hasher->hash("same"));
}

TEST(HasherTest, AFloodIsRefusedAndOver) {
  auto hasher = std::move(Hasher::create(1, 1).value());
  std::string hash = *hasher->hash("right");
  std::atomic<int> answered{0}, refused{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 12; ++i) {
    callers.emplace_back([&] {
      auto r = hasher->verify("right", hash);
      if (r)
        answered += *r;
      else
        refused += r.error().code == ErrorCode::unavailable;
    });
  }
  for (auto& c : callers) c.join();
  EXPECT_EQ(answered + refused, 12);
  EXPECT_GE(answered, 1);
  EXPECT_TRUE(*hasher->verify("right", hash));
}

TEST(VaultTest, OpensOnlyWhatItSealed) {
  test::TempDir dir;
  SystemRandom random;
  auto vault = std::move(Vault::open(dir.file("key"), random).value());
  std::string sealed = *vault->seal("secret", "id");
  EXPECT_EQ(*vault->unseal(sealed, "id"), "secret");
  EXPECT_NE(sealed, *vault->seal("secret", "id")) << "a nonce of its own each time";
  std::string broken = sealed;
  broken[20] = broken[20] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(vault->unseal(broken, "id"));
  EXPECT_FALSE(vault->unseal("", "id"));
  auto again = std::move(Vault::open(dir.file("key"), random).value());
  EXPECT_EQ(*again->unseal(sealed, "id"), "secret") << "the key is kept";
  ASSERT_TRUE(write_file(dir.file("bad"), "not hex", 0600));
  EXPECT_FALSE(Vault::open(dir.file("bad"), random));
}

}  // namespace nuri::identity
