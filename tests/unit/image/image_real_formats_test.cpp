#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "services/base/process.h"
#include "services/image/domain/image_format.h"
#include "services/image/store/image_files.h"
#include "tests/support/temp_dir.h"

// Images as qemu-img makes them are taken, and refused with one thing in them changed.
namespace nuri::image {
namespace {

constexpr uint64_t kSize = 20 << 20;

class RealFormats : public ::testing::Test {
 protected:
  // A file of a format of qemu-img's with some data in it.
  std::string make(const std::string& format, const std::string& options = "") {
    std::string raw = dir_.file("raw"), out = dir_.file("image");
    std::ofstream file(raw, std::ios::binary);
    std::mt19937 noise(1);  // what no format makes smaller
    for (int i = 0; i < 300'000; ++i) file << static_cast<char>(noise());
    file.close();
    std::filesystem::resize_file(raw, kSize);
    std::vector<std::string> command{"qemu-img", "convert", "-f", "raw", "-O", format};
    if (!options.empty()) command.insert(command.end(), {"-o", options});
    command.insert(command.end(), {raw, out});
    auto made = run_checked(command);
    EXPECT_TRUE(made) << made.error().detail;
    std::ifstream in(out, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  static std::string why(const std::string& format, const std::string& bytes) {
    auto r = check_image(format, BytesInMemory(bytes), true);
    return r ? "" : r.error().message;
  }
  // Found and of the right size; read from the file, too, as the service does.
  void expect_taken(const std::string& format, const std::string& bytes, bool on_disk = true) {
    auto r = check_image(format, BytesInMemory(bytes), true);
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_EQ(r->format, format);
    EXPECT_EQ(r->virtual_size, kSize);
    if (!on_disk) return;
    auto file = BytesOfFile::open(dir_.file("image"));
    ASSERT_TRUE(file);
    auto read = check_image(format, *file, true);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->virtual_size, kSize);
  }
  // Never taken when cut: at the header's parts, in the middle, just before the end.
  static void expect_cut_refused(const std::string& format, const std::string& whole, size_t last) {
    for (size_t n : {size_t{0}, size_t{1}, size_t{64}, size_t{511}, size_t{512}, size_t{1024},
                     size_t{65536}, whole.size() / 2, last}) {
      if (n < whole.size()) {
        EXPECT_NE(why(format, whole.substr(0, n)), "") << format << " cut at " << n;
      }
    }
  }
  static std::string put(std::string bytes, size_t at, const std::string& what) {
    return bytes.replace(at, what.size(), what);
  }
  static std::string number(uint64_t v, size_t n, bool big = false) {
    std::string out;
    for (size_t i = 0; i < n; ++i) out += static_cast<char>(v >> 8 * (big ? n - 1 - i : i));
    return out;
  }
  static bool names(const std::string& why, const std::string& word) {
    return why.find(word) != std::string::npos;
  }
  test::TempDir dir_;
};

TEST_F(RealFormats, Qcow2) {
  std::string whole = make("qcow2");
  expect_taken("qcow2", whole);
  expect_cut_refused("qcow2", whole, whole.size() - 400'000);
  expect_taken("qcow2", make("qcow2", "cluster_size=4096"));
  expect_taken("qcow2", make("qcow2", "extended_l2=on,cluster_size=128k"));
  expect_taken("qcow2", make("qcow2", "compat=0.10"));
  expect_taken("qcow2", make("qcow2", "preallocation=metadata"));
}

TEST_F(RealFormats, Vmdk) {
  std::string whole = make("vmdk");
  expect_taken("vmdk", whole);
  expect_cut_refused("vmdk", whole, 20 * 512);
  std::string stream = make("vmdk", "subformat=streamOptimized");
  expect_taken("vmdk", stream);
  expect_cut_refused("vmdk", stream, 200'000);
  size_t text = whole.find("# Disk DescriptorFile");
  ASSERT_NE(text, std::string::npos);
  auto with = [&](const std::string& from, const std::string& to) {
    std::string bytes = whole;
    size_t at = bytes.find(from, text);
    EXPECT_NE(at, std::string::npos) << from;
    bytes.replace(at, to.size(), to);
    return why("vmdk", bytes);
  };
  EXPECT_TRUE(names(with("createType=\"monolithicSparse\"", "createType=\"monolithicFlat\"  "),
                    "monolithicFlat"));
  EXPECT_TRUE(names(with("SPARSE \"image\"", "FLAT \"/etc/shadow\" 0\n#"), "FLAT"));
  EXPECT_TRUE(names(with("SPARSE \"image\"", "SPARSE \"/etc/shadow\"\n#"), "/etc/shadow"));
  EXPECT_TRUE(names(with("parentCID=ffffffff", "parentCID=00000001"), "parent"));
  // QEMU finds it in a comment, too.
  EXPECT_TRUE(names(with("# Extent description", "#parentFileNameHint=\"/x\"\n#"), "parent"));
  // Without a capacity QEMU would open the extents by their names.
  EXPECT_NE(why("vmdk", put(whole, 12, number(0, 8))), "");
  EXPECT_TRUE(names(why("vmdk", put(whole, 12, number(1ull << 41, 8))), "virtual size"));
  EXPECT_NE(why("vmdk", put(whole, 12, number(UINT64_MAX, 8))), "");
  EXPECT_NE(why("vmdk", put(whole, 28, number(UINT64_MAX, 8))), "");
  EXPECT_NE(why("vmdk", put(whole, 56, number(1ull << 40, 8))), "");
  EXPECT_TRUE(names(
      why("vmdk", "# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n" + std::string(600, '\n')),
      "other files"));
}

// As VMware writes them: the header leaves the directory's place to a footer.
TEST_F(RealFormats, StreamOptimizedVmdkIsWhatItsFooterSays) {
  std::string stream = make("vmdk", "subformat=streamOptimized");
  stream.resize((stream.size() + 511) / 512 * 512);
  std::string header = stream.substr(0, 512);
  stream = put(stream, 56, number(UINT64_MAX, 8));
  EXPECT_TRUE(names(why("vmdk", stream), "footer"));
  stream += std::string(512, '\0') + header + std::string(512, '\0');
  expect_taken("vmdk", stream, false);
  size_t footer = stream.size() - 1024;
  EXPECT_TRUE(names(why("vmdk", put(stream, footer + 12, number(0, 8))), "contradicts"));
  EXPECT_NE(why("vmdk", put(stream, footer + 28, number(7, 8))), "");
  EXPECT_NE(why("vmdk", put(stream, footer + 56, number(UINT64_MAX, 8))), "");
  EXPECT_NE(why("vmdk", stream.substr(0, stream.size() - 512)), "");
}

TEST_F(RealFormats, Vdi) {
  std::string whole = make("vdi");
  expect_taken("vdi", whole);
  expect_cut_refused("vdi", whole, 1'100'000);
  expect_taken("vdi", make("vdi", "static=on"));
  EXPECT_TRUE(names(why("vdi", put(whole, 76, number(4, 4))), "type 4"));
  EXPECT_TRUE(names(why("vdi", put(whole, 440, number(1, 4))), "parent"));
  EXPECT_TRUE(names(why("vdi", put(whole, 368, number(1ull << 50, 8))), "virtual size"));
  EXPECT_NE(why("vdi", put(whole, 384, number(UINT32_MAX, 4))), "");
  EXPECT_NE(why("vdi", put(whole, 344, number(UINT32_MAX, 4))), "");
}

TEST_F(RealFormats, Vhd) {
  std::string whole = make("vpc", "force_size=on");
  expect_taken("vhd", whole);
  expect_cut_refused("vhd", whole, whole.size() - 1);
  std::string fixed = make("vpc", "subformat=fixed,force_size=on");
  expect_taken("vhd", fixed);
  expect_cut_refused("vhd", fixed, fixed.size() - 1);
  // Its mark lies at the end only: as qcow2 it is a lie all the same.
  EXPECT_TRUE(names(why("qcow2", fixed), "vhd"));
  size_t end = whole.size() - 512;
  auto both = [&](size_t at, const std::string& what) {
    return why("vhd", put(put(whole, at, what), end + at, what));
  };
  EXPECT_TRUE(names(both(60, number(4, 4, true)), "parent"));
  EXPECT_TRUE(names(both(48, number(1ull << 50, 8, true)), "virtual size"));
  EXPECT_NE(why("vhd", put(whole, 48, number(1 << 20, 8, true))), "");
  EXPECT_NE(both(16, number(UINT64_MAX, 8, true)), "");
}

TEST_F(RealFormats, Vhdx) {
  std::string whole = make("vhdx");
  expect_taken("vhdx", whole);
  expect_cut_refused("vhdx", whole, 2 << 20);
  size_t metadata = whole.find("metadata", 1 << 20);
  ASSERT_NE(metadata, std::string::npos);
  size_t items = metadata + 65536;  // qemu-img: parameters, then the virtual size
  ASSERT_EQ(whole.substr(items + 8, 8), number(kSize, 8));
  EXPECT_TRUE(names(why("vhdx", put(whole, items + 4, number(2, 4))), "parent"));
  EXPECT_TRUE(names(why("vhdx", put(whole, items + 8, number(1ull << 50, 8))), "virtual size"));
  EXPECT_NE(why("vhdx", put(whole, items, number(0, 4))), "");
  EXPECT_NE(why("vhdx", put(whole, 192 * 1024 + 8, number(UINT32_MAX, 4))), "");
}

TEST_F(RealFormats, Iso) {
  std::string iso(80 * 2048, '\0');
  iso = put(iso, 32768, std::string("\x01") + "CD001\x01");
  iso = put(iso, 32768 + 80, number(80, 4) + number(80, 4, true));
  auto r = check_image("iso", BytesInMemory(iso), true);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->virtual_size, iso.size());
  EXPECT_NE(why("iso", put(iso, 32768 + 80, number(100'000, 4))), "");
  EXPECT_NE(why("qcow2", iso), "");
  EXPECT_EQ(why("raw", iso), "");
  // Both at once: what a probe finds first counts.
  EXPECT_NE(why("iso", put(iso, 0, "QFI\xfb")), "");
}

// Whatever the header says, the check answers.
TEST_F(RealFormats, EveryByteOfAHeaderIsAnswered) {
  for (const char* format : {"vmdk", "vdi", "vpc", "vhdx", "qcow2"}) {
    std::string whole = make(format);
    std::string name = std::string(format) == "vpc" ? "vhd" : format;
    std::vector<size_t> starts{0};
    if (name == "vhdx") starts = {0, 192 * 1024, whole.find("metadata", 1 << 20)};
    for (size_t start : starts) {
      for (size_t at = start; at < start + 512; ++at) {
        const char was = whole[at];
        for (char v : {'\0', '\x01', '\x7f', '\xff'}) {
          whole[at] = v;
          auto r = check_image(name, BytesInMemory(whole));
          if (r && r->virtual_size) {
            EXPECT_LE(*r->virtual_size, kMaxVirtualBytes) << format << " " << at;
          }
        }
        whole[at] = was;
      }
    }
  }
}

}  // namespace
}  // namespace nuri::image
