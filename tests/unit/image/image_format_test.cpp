#include "services/image/domain/image_format.h"

#include <gtest/gtest.h>

namespace nuri::image {
namespace {

// A qcow2 header as qemu-img writes one: version 3, 64 KiB clusters, 1 GiB.
struct Qcow2 {
  std::string bytes = std::string(4096, '\0');
  Qcow2() {
    bytes.replace(0, 4, "QFI\xfb");
    put(4, 4, 3);
    put(20, 4, 16);
    put(24, 8, 1ull << 30);
    put(36, 4, 2);        // L1 entries
    put(40, 8, 0x30000);  // L1 offset
    put(48, 8, 0x10000);
    put(56, 4, 1);
    put(96, 4, 4);
    put(100, 4, 104);
  }
  Qcow2& put(size_t at, size_t n, uint64_t v) {
    for (size_t i = 0; i < n; ++i) bytes[at + i] = static_cast<char>(v >> (8 * (n - 1 - i)));
    return *this;
  }
};
constexpr uint64_t kFile = 0x40000;

std::string why(const std::string& format, const std::string& head, uint64_t size = kFile) {
  auto r = check_format(format, head, size);
  return r ? "" : r.error().message;
}

TEST(ImageFormat, PlainQcow2IsTaken) {
  auto r = check_format("qcow2", Qcow2().bytes, kFile);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(**r, 1ull << 30);
  EXPECT_EQ(why("qcow2", Qcow2().put(4, 4, 2).bytes), "");
  EXPECT_EQ(why("qcow2", Qcow2().put(72, 8, 1).bytes), "");  // dirty: QEMU repairs it
}

TEST(ImageFormat, Qcow2ThatReachesOutIsRefused) {
  EXPECT_NE(why("qcow2", Qcow2().put(8, 8, 0x200).put(16, 4, 11).bytes).find("backing file"),
            std::string::npos);
  EXPECT_NE(why("qcow2", Qcow2().put(16, 4, 11).bytes).find("backing file"), std::string::npos);
  EXPECT_NE(why("qcow2", Qcow2().put(72, 8, 4).bytes).find("data in another file"),
            std::string::npos);
  EXPECT_NE(why("qcow2", Qcow2().put(104, 4, 0x44415441).put(108, 4, 8).bytes).find("data file"),
            std::string::npos);
  EXPECT_NE(why("qcow2", Qcow2().put(104, 4, 0xe2792aca).put(108, 4, 3).bytes).find("backing"),
            std::string::npos);
  // Version 2 has its extensions at 72.
  EXPECT_NE(why("qcow2", Qcow2().put(4, 4, 2).put(72, 4, 0x44415441).put(76, 4, 8).bytes)
                .find("data file"),
            std::string::npos);
  // Behind a harmless extension.
  EXPECT_NE(
      why("qcow2", Qcow2().put(104, 4, 0x6803f857).put(108, 4, 13).put(128, 4, 0x44415441).bytes)
          .find("data file"),
      std::string::npos);
}

struct Bad {
  const char* what;
  size_t at, n;
  uint64_t value;
};

TEST(ImageFormat, BadQcow2Headers) {
  const Bad kBad[] = {
      {"version 1", 4, 4, 1},
      {"version 4", 4, 4, 4},
      {"cluster bits 8", 20, 4, 8},
      {"cluster bits 22", 20, 4, 22},
      {"cluster bits huge", 20, 4, 0xffffffff},
      {"size 0", 24, 8, 0},
      {"size silly", 24, 8, kMaxVirtualBytes + 1},
      {"size all ones", 24, 8, UINT64_MAX},
      {"encrypted", 32, 4, 1},
      {"L1 too small", 36, 4, 1},
      {"L1 too large", 36, 4, 0xffffffff},
      {"L1 outside", 40, 8, 0x50000},
      {"L1 at 0", 40, 8, 0},
      {"L1 unaligned", 40, 8, 0x30001},
      {"L1 far", 40, 8, 0xffffffffffff0000},
      {"corrupt", 72, 8, 2},
      {"feature 5", 72, 8, 32},
      {"feature 63", 72, 8, 1ull << 63},
      {"refcount order", 96, 4, 7},
      {"header short", 100, 4, 96},
      {"header unaligned", 100, 4, 105},
      {"header long", 100, 4, 0xfffffff8},
  };
  for (const Bad& b : kBad) {
    EXPECT_NE(why("qcow2", Qcow2().put(b.at, b.n, b.value).bytes), "") << b.what;
  }
}

TEST(ImageFormat, CutShortAtEveryLength) {
  std::string whole = Qcow2().bytes;
  for (size_t n = 0; n < 104; ++n) EXPECT_NE(why("qcow2", whole.substr(0, n), n), "") << n;
  EXPECT_NE(why("qcow2", whole, whole.size()), "");  // the L1 table is not there
}

TEST(ImageFormat, EveryByteValueIsAnswered) {
  // No header may crash the check: each byte of a good one set to each of some values.
  std::string good = Qcow2().bytes.substr(0, 160);
  for (size_t at = 0; at < good.size(); ++at) {
    for (int v : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(v);
      auto r = check_format("qcow2", bytes, kFile);
      if (r && *r) {
        EXPECT_LE(**r, kMaxVirtualBytes);
      }
    }
  }
}

TEST(ImageFormat, TheNameMustFitTheBytes) {
  EXPECT_NE(why("qcow2", std::string(4096, 'x')), "");
  EXPECT_NE(why("qcow2", "KDMV"), "");
  for (const char* format : {"raw", "iso", "ami", "vmdk"}) {
    EXPECT_NE(why(format, Qcow2().bytes), "") << format;
  }
  EXPECT_NE(why("raw", "# Disk DescriptorFile\nversion=1"), "");
  EXPECT_NE(why("raw", std::string(64, '\0') + "\x7f\x10\xda\xbe"), "");
  EXPECT_NE(why("raw", "vhdxfile"), "");
  EXPECT_EQ(why("vmdk", "KDMV...."), "");
  auto raw = check_format("raw", std::string(512, '\x90'), 10'000);
  ASSERT_TRUE(raw);
  EXPECT_EQ(**raw, 10'000u);
  EXPECT_EQ(why("raw", "", 0), "");
}

}  // namespace
}  // namespace nuri::image
