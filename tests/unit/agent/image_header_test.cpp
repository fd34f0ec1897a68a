#include "compute/agent/core/image_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "compute/agent/core/image_cache.h"
#include "services/base/process.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

using ::testing::HasSubstr;

std::string be(uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

// A version 3 header as qemu-img writes it, padded to a cluster.
std::string qcow2(uint64_t incompatible = 0, const std::string& extensions = be(0, 8), uint32_t version = 3) {
  std::string h = std::string("QFI\xfb", 4) + be(version, 4) + be(0, 8) + be(0, 4) + be(16, 4) + be(1 << 20, 8) + be(0, 4) +
                  be(1, 4) + be(0x30000, 8) + be(0x10000, 8) + be(1, 4) + be(0, 4) + be(0, 8) + be(incompatible, 8) +
                  be(0, 8) + be(0, 8) + be(4, 4) + be(104, 4) + extensions;
  h.resize(0x40000, '\0');
  return h;
}

std::string verdict(std::string bytes, std::string_view format = "qcow2") {
  int64_t size = static_cast<int64_t>(bytes.size());
  if (bytes.size() > kHeaderBytes) bytes.resize(kHeaderBytes);
  auto r = check_image_header(bytes, size, format);
  if (r) return "";
  EXPECT_EQ(r.error().code, ErrorCode::unprocessable);
  return r.error().message;
}

std::string with(std::string bytes, size_t at, const std::string& patch) { return bytes.replace(at, patch.size(), patch); }

TEST(ImageHeader, TakesGoodOnes) {
  EXPECT_EQ(verdict(qcow2()), "");
  EXPECT_EQ(verdict(std::string(512, 'x'), "raw"), "");
  std::string bytes = qcow2();
  EXPECT_EQ(check_image_header(bytes.substr(0, kHeaderBytes), int64_t(bytes.size()), "qcow2")->virtual_size, 1 << 20);
}

TEST(ImageHeader, RefusesHostileOnes) {
  EXPECT_THAT(verdict(with(qcow2(), 8, be(0x200, 8))), HasSubstr("backing file"));
  EXPECT_THAT(verdict(with(qcow2(), 16, be(11, 4))), HasSubstr("backing file"));
  EXPECT_THAT(verdict(qcow2(4)), HasSubstr("data file"));
  EXPECT_THAT(verdict(qcow2(0, be(0x44415441, 4) + be(8, 4) + "/etc/pwd")), HasSubstr("data file"));
  EXPECT_THAT(verdict(qcow2(0, be(0x12345678, 4) + be(3, 4) + std::string("abc\0\0\0\0\0", 8) + be(0x44415441, 4) + be(8, 4))), HasSubstr("data file"));
  EXPECT_THAT(verdict(qcow2(0, be(0xE2792ACA, 4) + be(3, 4) + "raw")), HasSubstr("backing format"));
  EXPECT_THAT(verdict(qcow2(2)), HasSubstr("corrupt"));
  EXPECT_THAT(verdict(qcow2(1ull << 40)), HasSubstr("not known"));
  EXPECT_THAT(verdict(with(qcow2(), 32, be(1, 4))), HasSubstr("encrypted"));
  EXPECT_THAT(verdict(with(qcow2(), 20, be(63, 4))), HasSubstr("cluster size"));
  EXPECT_THAT(verdict(with(qcow2(), 24, be(UINT64_MAX, 8))), HasSubstr("virtual size"));
  EXPECT_THAT(verdict(with(qcow2(), 36, be(0xffffffff, 4))), HasSubstr("tables"));
  EXPECT_THAT(verdict(with(qcow2(), 100, be(0xffffffff, 4))), HasSubstr("header length"));
  EXPECT_THAT(verdict(qcow2(0, be(1, 4) + be(0xfffffff0, 4))), HasSubstr("extension"));
  EXPECT_THAT(verdict(qcow2(0, be(0, 8), 9)), HasSubstr("version"));
}

TEST(ImageHeader, RefusesOtherFormatsAndStumps) {
  EXPECT_NE(verdict("", "raw"), "");
  EXPECT_NE(verdict("QFI\xfb"), "");
  EXPECT_NE(verdict(qcow2().substr(0, 80)), "");
  EXPECT_NE(verdict(std::string(512, 'x')), "");
  EXPECT_THAT(verdict(qcow2(), "vmdk"), HasSubstr("qcow2 or raw"));
}

struct Cache : ::testing::Test {
  ImageRef ref(const std::string& bytes) {
    std::ofstream(dir / "source", std::ios::binary | std::ios::trunc) << bytes;
    return {"11111111-1111-4111-8111-111111111111", "raw", sha512_of_file(dir / "source").value(), int64_t(bytes.size())};
  }
  TempDir dir;
  FakeClock clock{4'000'000'000 * kSecondUs};
  int fetches = 0;
  ImageCache cache{dir / "cache", [this](const std::string&, const std::string& path) -> Status {
                     ++fetches;
                     std::filesystem::copy_file(dir / "source", path, std::filesystem::copy_options::overwrite_existing);
                     return {};
                   }, clock};
};

TEST_F(Cache, FetchesOnceAndChecks) {
  ImageRef image = ref(std::string(1024, 'a'));
  auto first = cache.get(image);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->virtual_size, 1024);
  EXPECT_EQ(std::filesystem::status(first->path).permissions(), std::filesystem::perms(0640)) << "no stranger reads it";
  ASSERT_TRUE(cache.get(image));
  EXPECT_EQ(fetches, 1);
}

TEST_F(Cache, RefusesOtherBytesThanPromised) {
  ImageRef image = ref(std::string(1024, 'a'));
  ref(std::string(1024, 'b'));
  EXPECT_FALSE(cache.get(image));
  ref(std::string(10, 'a'));
  EXPECT_FALSE(cache.get(image));
  EXPECT_TRUE(std::filesystem::is_empty(dir / "cache"));
}

TEST_F(Cache, RefusesARealQcow2WithABackingFile) {
  ASSERT_TRUE(run_checked({"qemu-img", "create", "-q", "-f", "raw", dir / "base", "1M"}));
  ASSERT_TRUE(run_checked({"qemu-img", "create", "-q", "-f", "qcow2", "-b", dir / "base", "-F", "raw", dir / "source"}));
  ImageRef image{"11111111-1111-4111-8111-111111111111", "qcow2", "", 0};
  auto got = cache.get(image);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::unprocessable);
  EXPECT_FALSE(cache.has(image));
}

TEST_F(Cache, CleansWhatIsOldAndUnused) {
  ImageRef image = ref("abc");
  ASSERT_TRUE(cache.get(image));
  EXPECT_EQ(cache.clean({cache.path_of(image)}, 60 * kSecondUs), 0);
  EXPECT_TRUE(cache.has(image));
  EXPECT_EQ(cache.clean({}, 60 * kSecondUs), 1);
  EXPECT_FALSE(cache.has(image));
}

}  // namespace
}  // namespace nuri::compute::agent::testing
