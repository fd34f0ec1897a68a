#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

// g++ 12 miscompiles these shapes of coroutines (double frees, seen under ASan), so the source is
// kept free of them. Runs at the tree's root.
namespace {

namespace fs = std::filesystem;

// The statements of a file without line comments and the contents of strings.
std::vector<std::string> statements(const std::string& text) {
  std::vector<std::string> out;
  std::string one;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '/' && text.compare(i, 2, "//") == 0) {
      i = std::min(text.find('\n', i), text.size());
    } else if (c == '"' || (c == '\'' && (i == 0 || !std::isalnum(text[i - 1])))) {
      while (++i < text.size() && text[i] != c && text[i] != '\n')
        if (text[i] == '\\') ++i;
      one += "\"\"";
    } else {
      one += c;
      if (c == ';') out.push_back(std::exchange(one, {}));
    }
  }
  return out;
}

// The reason a statement is refused, or empty.
std::string fault(const std::string& statement) {
  const size_t at = statement.find("co_await");
  if (at == statement.npos) return {};
  const std::string rest = statement.substr(at);
  if (rest.find('{') != rest.npos) return "a braced temporary or a lambda in the awaited expression";
  if (rest.find("[&") != rest.npos || rest.find("[=") != rest.npos || rest.find("[this") != rest.npos)
    return "a lambda in the awaited expression";
  if (rest.find(" ? ") != rest.npos || statement.substr(0, at).find(" ? ") != statement.npos)
    return "a conditional expression around co_await";
  if (statement.substr(0, at).find("TRY") != statement.npos) return "TRY around co_await";
  if (statement.substr(0, at).find("co_return") != statement.npos)
    return "co_return of an awaited expression";
  return {};
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(CoroutineShapes, TheRulesCatchWhatTheyName) {
  for (const char* bad :
       {"co_await f([&x] { return x; });", "co_await take(Args{1, 2});", "co_await f({.a = 1});",
        "co_return S(co_await g());", "auto s = b ? co_await f() : t;", "auto v = TRY(co_await f());"})
    EXPECT_FALSE(fault(bad).empty()) << bad;
  for (const char* good : {"const Io io = co_await client_.read(space, room, got);",
                           "co_await finished();", "if (!more) co_return 0;"})
    EXPECT_TRUE(fault(good).empty()) << good;
}

TEST(CoroutineShapes, TheSourceIsFreeOfThemAndCoroutinesLiveInOneFolder) {
  int awaits = 0;
  for (const char* top : {"services", "compute", "storage", "network", "metering"}) {
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
      const std::string path = entry.path().string();
      if (!path.ends_with(".cpp") && !path.ends_with(".h")) continue;
      for (const std::string& statement : statements(slurp(entry.path()))) {
        if (statement.find("co_await") == statement.npos) continue;
        ++awaits;
        EXPECT_TRUE(path.starts_with("services/http/")) << path << ": a coroutine\n" << statement;
        EXPECT_EQ(fault(statement), "") << path << ":\n" << statement;
      }
    }
  }
  EXPECT_GT(awaits, 30);
}

}  // namespace
