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
  auto r = check_image(format, BytesInMemory(head, size), true);
  return r ? "" : r.error().message;
}

TEST(ImageFormat, PlainQcow2IsTaken) {
  auto r = check_image("qcow2", BytesInMemory(Qcow2().bytes, kFile));
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->virtual_size, 1ull << 30);
  EXPECT_EQ(r->format, "qcow2");
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
      auto r = check_image("qcow2", BytesInMemory(bytes, kFile));
      if (r && r->virtual_size) {
        EXPECT_LE(*r->virtual_size, kMaxVirtualBytes);
      }
    }
  }
}

// What a file of these tables is refused for: an L1 table at 0x30000 and an L2 table behind it.
std::string why_tables(uint64_t l1_entry, uint64_t l2_entry) {
  Qcow2 q;
  q.bytes.resize(0x60000);
  q.put(0x30000, 8, l1_entry).put(0x40000, 8, l2_entry);
  return why("qcow2", q.bytes, q.bytes.size());
}

TEST(ImageFormat, Qcow2CutBehindItsHeaderIsRefused) {
  constexpr uint64_t kCopied = 1ull << 63, kCompressed = 1ull << 62;
  EXPECT_EQ(why_tables(0x40000 | kCopied, 0x50000 | kCopied), "");
  EXPECT_EQ(why_tables(0x40000 | kCopied, 0), "");
  EXPECT_EQ(why_tables(0x40000 | kCopied, 0x50123 | kCompressed), "");
  EXPECT_NE(why_tables(0x60000 | kCopied, 0).find("cut short"), std::string::npos);
  EXPECT_NE(why_tables(0x40200 | kCopied, 0), "");
  EXPECT_NE(why_tables(0x40000 | kCopied, 0x60000 | kCopied).find("cut short"), std::string::npos);
  EXPECT_NE(why_tables(0x40000 | kCopied, 0x70123 | kCompressed), "");
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
  auto raw = check_image("raw", BytesInMemory(std::string(512, '\x90'), 10'000));
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->virtual_size, 10'000u);
  EXPECT_EQ(why("raw", "", 0), "");
  // A disk that begins with a partition table is no qcow2, but a raw one.
  std::string disk(4096, '\0');
  disk.replace(450, 1, "\x83");
  disk.replace(510, 2, "\x55\xaa");
  EXPECT_NE(why("qcow2", disk, 4096).find("raw"), std::string::npos);
  EXPECT_EQ(why("raw", disk, 4096), "");
}

TEST(ImageFormat, WhatPeopleUploadByMistakeIsNamed) {
  const std::pair<std::string, const char*> kMistakes[] = {
      {std::string("\x1f\x8b\x08") + '\0', "gzip"},
      {"<!DOCTYPE html>", "HTML"},
      {"PK\x03\x04", "zip"}};
  for (const auto& [magic, name] : kMistakes) {
    std::string bytes = magic + std::string(4096, '\0');
    auto r = check_image("qcow2", BytesInMemory(bytes));
    ASSERT_FALSE(r) << name;
    EXPECT_NE(r.error().message.find(name), std::string::npos) << r.error().message;
    EXPECT_TRUE(check_image("qcow2", BytesInMemory(bytes), false, true)) << "an archive";
    EXPECT_TRUE(check_image("aki", BytesInMemory(bytes))) << "a kernel may be one";
  }
}

// As Glance: bytes of no format known are taken, unless asked otherwise, but no disk is made of
// them.
TEST(ImageFormat, UnknownBytesAreNoDisk) {
  std::string noise(4096, 'x');
  for (const char* format : {"qcow2", "vmdk", "vdi", "vhd", "vhdx", "iso"}) {
    auto r = check_image(format, BytesInMemory(noise));
    ASSERT_TRUE(r) << format;
    EXPECT_EQ(r->format, "") << format;
    EXPECT_FALSE(r->virtual_size) << format;
    EXPECT_FALSE(check_image(format, BytesInMemory(noise), true)) << format;
    EXPECT_FALSE(check_image(format, BytesInMemory(noise.substr(0, 100)))) << format;
  }
}

}  // namespace
}  // namespace nuri::image
