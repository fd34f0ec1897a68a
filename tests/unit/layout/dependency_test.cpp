#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

// The dependency rule of ARCHITECTURE.md, and the one home of each heavy header.
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file, folder, what;
};

std::vector<Include> includes() {
  static const std::regex kLine(R"re(^\s*#\s*include\s*[<"]([^">]+)[">])re");
  std::vector<Include> out;
  for (const char* top : {"services", "compute", "storage", "network", "metering"}) {
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
      std::string extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".h") continue;
      std::ifstream in(entry.path());
      std::string line;
      std::smatch m;
      while (std::getline(in, line)) {
        if (std::regex_search(line, m, kLine)) out.push_back({entry.path(), entry.path().parent_path(), m[1]});
      }
    }
  }
  return out;
}

bool starts(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

// "compute" of compute/store/x.h, "services/image" of services/image/api/x.h.
std::string service_of(const std::string& path) {
  for (const char* s : {"services/gateway", "services/identity", "services/image", "compute", "storage", "network", "metering"}) {
    if (starts(path, std::string(s) + "/")) return s;
  }
  return "";
}

std::string layer_of(const std::string& path) {
  std::string service = service_of(path);
  if (service.empty()) return "";
  std::string rest = path.substr(service.size() + 1);
  size_t slash = rest.find('/');
  return slash == std::string::npos ? "" : rest.substr(0, slash);
}

TEST(Layout, TheTreeIsThere) { ASSERT_GT(includes().size(), 100u); }

TEST(Layout, WhatServicesStandOnLooksDownOnly) {
  const std::map<std::string, std::set<std::string>> allowed = {
      {"services/base", {"services/base"}},
      {"services/db", {"services/base", "services/db"}},
      {"services/http", {"services/base", "services/http"}},
      {"services/auth", {"services/base", "services/http", "services/auth"}},
      {"services/ledger", {"services/base", "services/db", "services/ledger"}},
      {"services/conduct", {"services/base", "services/db", "services/http", "services/auth", "services/conduct"}},
      {"services/tasks", {"services/base", "services/db", "services/tasks"}},
      {"services/feed", {"services/base", "services/db", "services/http", "services/auth", "services/feed"}}};
  for (const Include& i : includes()) {
    auto rule = allowed.find(i.folder);
    if (rule == allowed.end() || i.what.find('/') == std::string::npos) continue;
    bool ours = starts(i.what, "services/") || !service_of(i.what).empty();
    EXPECT_TRUE(!ours || rule->second.count(fs::path(i.what).parent_path())) << i.file << " includes " << i.what;
  }
}

TEST(Layout, ApiAndDomainIncludeBaseOnly) {
  for (const Include& i : includes()) {
    std::string layer = layer_of(i.file);
    if (layer != "api" && layer != "domain") continue;
    std::string target = layer_of(i.what);
    bool own = service_of(i.what) == service_of(i.file) && (target == "api" || target == "domain");
    bool other_api = !service_of(i.what).empty() && target == "api";
    bool infrastructure = starts(i.what, "services/") && service_of(i.what).empty() && !starts(i.what, "services/base/");
    bool inner = !service_of(i.what).empty() && !own && !other_api;
    EXPECT_FALSE(infrastructure || inner) << i.file << " includes " << i.what;
  }
}

TEST(Layout, AcrossServicesOnlyTheOthersApi) {
  for (const Include& i : includes()) {
    std::string from = service_of(i.file), to = service_of(i.what);
    if (from.empty() || to.empty() || from == to) continue;
    std::string layer = layer_of(i.what);
    // nuri-agent is one process made of the three services' agent folders.
    bool agents = layer_of(i.file) == "agent" && layer == "agent";
    EXPECT_TRUE(layer == "api" || agents) << i.file << " includes " << i.what;
  }
}

TEST(Layout, HeavyHeadersHaveOneHome) {
  const std::vector<std::pair<std::string, std::string>> homes = {
      {"nlohmann/", "services/base/json_"}, {"boost/", "services/http/"},      {"spdlog/", "services/base/log"},
      {"SQLiteCpp/", "services/db/"},       {"sqlite3.h", "services/db/"},     {"toml++/", "services/base/config"},
      {"libvirt/", "compute/agent/libvirt/"}};
  for (const Include& i : includes()) {
    for (const auto& [header, home] : homes) {
      EXPECT_TRUE(!starts(i.what, header) || starts(i.file, home)) << i.file << " includes " << i.what;
    }
  }
}

}  // namespace
