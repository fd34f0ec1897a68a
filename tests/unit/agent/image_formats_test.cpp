// Images in the formats of other hypervisors become qcow2 on the host, under limits.
#include <gtest/gtest.h>

#include "compute/agent/core/image_cache.h"
#include "services/base/process.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

const std::string kImage = "11111111-1111-4111-8111-111111111111";
constexpr int64_t kMib = 1 << 20;

struct Formats : ::testing::Test {
  std::string make(const std::string& reader) {
    std::string path = dir / ("source." + reader);
    EXPECT_TRUE(run_checked({"qemu-img", "create", "-q", "-f", reader, path, "4M"}));
    return path;
  }
  Result<BaseImage> get(const std::string& path, const std::string& format, int64_t virtual_size, bool with_sum = true) {
    ImageCache cache(dir / "cache", [&](const std::string&, const std::string& to) -> Status {
      ++fetched;
      std::filesystem::copy_file(path, to);
      return {};
    }, clock);
    ImageRef image{kImage, format, with_sum ? sha512_of_file(path).value() : "", 0, virtual_size};
    return cache.get(image);
  }
  TempDir dir;
  SystemClock clock;
  int fetched = 0;
};

TEST_F(Formats, BecomeQcow2Once) {
  for (auto [format, reader] : {std::pair("vmdk", "vmdk"), {"vdi", "vdi"}, {"vhdx", "vhdx"}, {"vhd", "vpc"}}) {
    std::string path = make(reader);
    fetched = 0;
    for (int i = 0; i < 2; ++i) {
      auto base = get(path, format, 8 * kMib);
      ASSERT_TRUE(base) << format << base.error().message;
      EXPECT_EQ(base->format, "qcow2");
      EXPECT_GE(base->virtual_size, 4 * kMib) << format;
    }
    EXPECT_EQ(fetched, 1) << format;
  }
}

TEST_F(Formats, AnIsoIsReadAsItIs) {
  auto base = get(make("raw"), "iso", 0);
  ASSERT_TRUE(base) << base.error().message;
  EXPECT_EQ(base->format, "raw");
}

TEST_F(Formats, NothingIsTurnedThatNobodyHasCheckedOrThatIsSomethingElse) {
  EXPECT_EQ(get(make("vmdk"), "vmdk", 8 * kMib, false).error().code, ErrorCode::unprocessable);
  EXPECT_EQ(get(make("vmdk"), "vmdk", 0).error().code, ErrorCode::unprocessable);
  EXPECT_EQ(get(make("vdi"), "vmdk", 8 * kMib).error().code, ErrorCode::unprocessable);
  EXPECT_EQ(get(make("raw"), "dmg", 8 * kMib).error().code, ErrorCode::unprocessable);
  EXPECT_TRUE(std::filesystem::is_empty(dir / "cache"));
}

TEST_F(Formats, AnImageThatGrowsBeyondItsSizeIsStopped) {
  std::string raw = dir / "full.raw", path = dir / "full.vmdk";
  ASSERT_TRUE(run_checked({"dd", "if=/dev/urandom", "of=" + raw, "bs=1M", "count=100", "status=none"}));
  ASSERT_TRUE(run_checked({"qemu-img", "convert", "-q", "-f", "raw", "-O", "vmdk", raw, path}));
  auto base = get(path, "vmdk", kMib);
  ASSERT_FALSE(base);
  EXPECT_EQ(base.error().code, ErrorCode::unprocessable);
}

}  // namespace
}  // namespace nuri::compute::agent::testing
