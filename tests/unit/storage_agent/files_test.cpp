#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "services/base/process.h"
#include "storage/agent/file/file_volumes.h"
#include "storage/agent/file/uploads.h"
#include "tests/support/temp_dir.h"

// Volumes, snapshots and uploads as files, with the real qemu-img.
namespace nuri::storage::agent {
namespace {

const std::string kA = "11111111-1111-4111-8111-111111111111";
const std::string kB = "22222222-2222-4222-8222-222222222222";
const std::string kC = "33333333-3333-4333-8333-333333333333";
constexpr int64_t kMib = 1 << 20, kGib = 1ll << 30;

class Files : public ::testing::Test {
 protected:
  Files() {
    hooks.fetch = [this](const Json&) -> Result<FileVolumes::Source> {
      return FileVolumes::Source{dir.file("image"), "raw", 8 * kMib};
    };
    upload.volumes = hooks;
    upload.send = [this](const std::string& id, const std::string& path) -> Status {
      if (refusal) return *refusal;
      sent[id] = format_of(path);
      return {};
    };
    upload.arrived = [this](const std::string&) -> Result<bool> { return arrived; };
  }
  FileVolumes volumes() { return {"volume", dir.file("v"), hooks}; }
  FileVolumes snapshots() { return {"snapshot", dir.file("v"), hooks}; }
  Uploads uploads() { return {dir.file("u"), dir.file("v"), upload}; }
  Json spec(int64_t gib, Json source = {}, Json image = {}) {
    return Json::object(
        {{"size_gib", gib}, {"format", "qcow2"}, {"image", image}, {"source", source}});
  }
  Json copy_of(const std::string& kind, const std::string& id) {
    return Json::object({{"kind", kind}, {"id", id}});
  }
  Json info(const std::string& path) {
    return parse_json(run_checked({"qemu-img", "info", "--output=json", path}).value()).value();
  }
  std::string format_of(const std::string& path) { return info(path)["format"].as_string(); }
  void write(const std::string& path, const std::string& text) {
    std::string raw = dir.file("raw");
    std::ofstream(raw) << text << std::string(4096 - text.size(), '\0');
    ASSERT_TRUE(run_checked({"qemu-img", "convert", "-n", "-f", "raw", "-O", "qcow2", raw, path}));
  }
  std::string read(const std::string& path) {
    std::string raw = dir.file("out");
    unlink(raw.c_str());
    EXPECT_TRUE(run_checked({"qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, raw}));
    std::string text(16, '\0');
    std::ifstream(raw).read(text.data(), 16);
    return text.substr(0, text.find('\0'));
  }
  bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

  test::TempDir dir;
  FileVolumes::Hooks hooks;
  Uploads::Hooks upload;
  std::map<std::string, std::string> sent;
  std::optional<Error> refusal;
  bool arrived = false;
};

// As a running guest holds its disk: QEMU's lock of who writes.
struct Guest {
  explicit Guest(const std::string& path) : fd(open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    struct flock lock = {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 101;
    lock.l_len = 1;
    EXPECT_EQ(fcntl(fd, F_OFD_SETLK, &lock), 0);
  }
  ~Guest() { close(fd); }
  int fd;
};

TEST_F(Files, ACopyStandsAlone) {
  auto v = volumes(), s = snapshots();
  ASSERT_TRUE(v.ensure(kA, spec(1)));
  write(v.path_of(kA), "first");
  ASSERT_TRUE(s.ensure(kB, spec(1, copy_of("volume", kA))));
  write(v.path_of(kA), "second");
  ASSERT_TRUE(s.ensure(kB, spec(1, copy_of("volume", kA)))) << "there already";
  ASSERT_TRUE(v.ensure(kC, spec(2, copy_of("snapshot", kB))));
  ASSERT_TRUE(v.remove(kA));
  ASSERT_TRUE(s.remove(kB));
  EXPECT_EQ(read(v.path_of(kC)), "first");
  Json made = info(v.path_of(kC));
  EXPECT_EQ(made["virtual-size"].as_int(), 2 * kGib);
  EXPECT_FALSE(made.contains("backing-filename"));
  ASSERT_TRUE(v.ensure(kC, spec(3, copy_of("snapshot", kB)))) << "grown, its source long gone";
  EXPECT_EQ(info(v.path_of(kC))["virtual-size"].as_int(), 3 * kGib);
  EXPECT_EQ(read(v.path_of(kC)), "first");
  struct stat st = {};
  ASSERT_EQ(stat(v.path_of(kC).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_F(Files, EachKindListsItsOwn) {
  auto v = volumes(), s = snapshots();
  ASSERT_TRUE(v.ensure(kA, spec(1)));
  ASSERT_TRUE(s.ensure(kB, spec(1, copy_of("volume", kA))));
  std::ofstream(v.path_of(kC) + ".part") << "half";
  EXPECT_EQ(v.list(), (std::vector<std::string>{kA, kC}));
  EXPECT_EQ(s.list(), std::vector<std::string>{kB});
  for (const auto& id : {kA, kC}) ASSERT_TRUE(v.remove(id));
  ASSERT_TRUE(s.remove(kB));
  ASSERT_TRUE(s.remove(kB));
  EXPECT_TRUE(v.list().empty() && s.list().empty());
}

// Killed in the middle of a copy: what is half there is made anew.
TEST_F(Files, HalfACopyIsNotACopy) {
  auto v = volumes(), s = snapshots();
  ASSERT_TRUE(v.ensure(kA, spec(1)));
  write(v.path_of(kA), "whole");
  std::ofstream(s.path_of(kB) + ".part") << "half";
  ASSERT_TRUE(s.ensure(kB, spec(1, copy_of("volume", kA))));
  EXPECT_EQ(read(s.path_of(kB)), "whole");
  EXPECT_FALSE(exists(s.path_of(kB) + ".part"));
}

TEST_F(Files, WhatCanNeverBe) {
  auto v = volumes();
  const Json kBad[] = {spec(0), spec(1, copy_of("volume", kB)), spec(1, copy_of("disk", kB)),
                       spec(1, copy_of("volume", "../x")),
                       Json::object({{"size_gib", 1}, {"format", "raw"}})};
  for (const Json& bad : kBad) {
    auto made = v.ensure(kA, bad);
    ASSERT_FALSE(made) << bad.dump();
    EXPECT_EQ(made.error().code, ErrorCode::unprocessable) << bad.dump();
  }
  EXPECT_FALSE(v.ensure("../../etc/passwd", spec(1)));
  EXPECT_TRUE(v.list().empty());
}

TEST_F(Files, AGuestsVolumeIsCopiedInAQuietMomentOrNotAtAll) {
  auto v = volumes();
  ASSERT_TRUE(v.ensure(kA, spec(1)));
  write(v.path_of(kA), "guest");
  {
    Guest guest(v.path_of(kA));
    auto refused = snapshots().ensure(kB, spec(1, copy_of("volume", kA)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unprocessable);
    EXPECT_NE(refused.error().message.find("running server"), std::string::npos);
    EXPECT_TRUE(snapshots().list().empty());
    int quiet = 0;
    hooks.quiet = [&](const std::string& id, const std::function<Status()>& copy) {
      EXPECT_EQ(id, kA);
      ++quiet;
      return copy();
    };
    ASSERT_TRUE(snapshots().ensure(kB, spec(1, copy_of("volume", kA))));
    EXPECT_EQ(quiet, 1);
    int64_t grown = 0;
    hooks.grow = [&](const std::string&, int64_t bytes) -> Status {
      grown = bytes;
      return {};
    };
    ASSERT_TRUE(volumes().ensure(kA, spec(2)));
    EXPECT_EQ(grown, 2 * kGib);
  }
  EXPECT_EQ(read(snapshots().path_of(kB)), "guest");
}

TEST_F(Files, FromAnImage) {
  std::ofstream(dir.file("image")) << "image" << std::string(8 * kMib - 5, '\0');
  auto v = volumes();
  ASSERT_TRUE(v.ensure(kA, spec(1, Json(), Json::object({{"id", kB}}))));
  EXPECT_EQ(read(v.path_of(kA)), "image");
  EXPECT_EQ(info(v.path_of(kA))["virtual-size"].as_int(), kGib);
}

TEST_F(Files, UploadsOnceInTheFormatAsked) {
  auto v = volumes();
  ASSERT_TRUE(v.ensure(kA, spec(1)));
  auto u = uploads();
  auto ask = [&](const std::string& format) {
    return u.ensure(kB, Json::object({{"volume_id", kA}, {"disk_format", format}}));
  };
  EXPECT_FALSE(ask("floppy"));
  ASSERT_TRUE(ask("vdi"));
  EXPECT_EQ(sent[kB], "vdi");
  sent.clear();
  ASSERT_TRUE(uploads().ensure(kB, Json::object({{"volume_id", kA}, {"disk_format", "vdi"}})));
  EXPECT_TRUE(sent.empty()) << "an agent that starts anew does not send it again";
  EXPECT_EQ(u.list(), std::vector<std::string>{kB});
  ASSERT_TRUE(u.remove(kB));
  ASSERT_TRUE(u.remove(kB));
  EXPECT_TRUE(u.list().empty());
}

TEST_F(Files, AnUploadThatFails) {
  auto v = volumes();
  ASSERT_TRUE(v.ensure(kA, spec(1)));
  auto ask = [&] {
    return uploads().ensure(kB, Json::object({{"volume_id", kA}, {"disk_format", "qcow2"}}));
  };
  refusal = unavailable("away");
  EXPECT_EQ(ask().error().code, ErrorCode::unavailable) << "again later";
  EXPECT_TRUE(uploads().list().empty());
  refusal = Error(ErrorCode::too_large, "over quota");
  EXPECT_EQ(ask().error().code, ErrorCode::unprocessable);
  refusal = conflict("under way");
  EXPECT_EQ(ask().error().code, ErrorCode::unavailable);
  arrived = true;
  EXPECT_TRUE(ask()) << "our own, cut off after its last byte";
  EXPECT_FALSE(uploads().ensure(kC, Json::object({{"volume_id", kC}, {"disk_format", "raw"}})));
}

}  // namespace
}  // namespace nuri::storage::agent
