#include <chrono>
#include <regex>

#include "compute/store/pattern.h"
#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

namespace {

bool matches(const std::string& pattern, const std::string& text) {
  auto p = Pattern::create(pattern, "name");
  EXPECT_TRUE(p) << pattern << ": " << (p ? "" : p.error().message);
  return p && p->matches(text);
}

}  // namespace

// Each pattern on each text as the standard library has it.
TEST(Pattern, SaysWhatARegularExpressionSays) {
  const std::vector<std::string> patterns = {"web",
                                             "^web",
                                             "web$",
                                             "^web$",
                                             "w.b",
                                             "we*b",
                                             "we+b",
                                             "we?b",
                                             "w.*1",
                                             "web-[0-9]+",
                                             "^(web|db)",
                                             "(web|db)-1",
                                             "a|b|c",
                                             "[^w]b",
                                             "web-\\d",
                                             "\\w+-\\d+",
                                             "^.{5}$",
                                             "we{2}b",
                                             "we{1,2}b",
                                             "we{2,}b",
                                             "(ab)*$",
                                             "x(ab)+y",
                                             "[a-c]{2}",
                                             "^$",
                                             "()",
                                             "(a?){3}b",
                                             "w[.]b",
                                             "web\\.1",
                                             "(a\\)bc)?x",
                                             "[]a]b",
                                             "^.*\\-web\\-.*$",
                                             "ab{0}c",
                                             "(a|ab)(c|bcd)",
                                             ".",
                                             "a.?b"};
  const std::vector<std::string> texts = {
      "",    "web",   "web-1", "my-web-1", "webb",   "wb",     "weeb", "weeeb",  "db-1",
      "w.b", "web.1", "a",     "abab",     "xababy", "xy",     "aab",  "abcd",   "abc",
      "ac",  "a)bcx", "x",     "]b",       "cc",     "web 12", "ab",   "a-web-b"};
  for (const auto& p : patterns) {
    std::string standard = p == "[]a]b" ? "[\\]a]b" : p;  // POSIX's first bracket is a letter
    std::regex expected(standard, std::regex::ECMAScript | std::regex::icase);
    for (const auto& t : texts)
      EXPECT_EQ(matches(p, t), std::regex_search(t, expected)) << p << " on '" << t << "'";
  }
  EXPECT_TRUE(matches("WEB", "my web"));
}

TEST(Pattern, RefusesWhatItIsNot) {
  for (const char* bad : {"(", ")", "a)", "[", "[a", "*", "a**b(", "{2}", "a{2", "a{3,1}", "a{101}",
                          "[z-a]", "\\", "\\q", "(a{100}){100}"}) {
    auto p = Pattern::create(bad, "name");
    EXPECT_FALSE(p) << bad;
    if (!p) {
      EXPECT_EQ(p.error().code, ErrorCode::bad_request) << bad;
    }
  }
  EXPECT_FALSE(Pattern::create(std::string(256, 'a'), "name"));
}

// What takes others exponential time.
TEST(Pattern, NoneTakesLong) {
  std::string text(255, 'a');
  auto begin = std::chrono::steady_clock::now();
  for (const char* p : {"(a*)*b", "(a|a)*b", "(a+)+$b", "(a?){100}a{100}b"})
    EXPECT_FALSE(matches(p, text));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST(Pattern, AddressesMatchFromTheirStart) {
  auto p = Pattern::create("10.0", "ip", Pattern::Anchor::start);
  ASSERT_TRUE(p);
  EXPECT_TRUE(p->matches("10.0.0.5"));
  EXPECT_FALSE(p->matches("192.10.0.5"));
}

}  // namespace nuri::compute::test
