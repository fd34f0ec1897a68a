#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nuri::compute {

// Writes JSON straight into a string, for long lists: no tree of values is built, and JSON that is
// stored as text goes out as it is. Commas are put by looking at what was written last.
class JsonText {
 public:
  explicit JsonText(std::string& out) : out_(out) {}
  // A name of ours: nothing in it needs escaping.
  JsonText& key(std::string_view name);
  JsonText& text(std::string_view value);
  JsonText& number(int64_t value);
  JsonText& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonText& null() { return raw("null"); }
  JsonText& raw(std::string_view json);  // "" is written as null
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  std::string& out() { return out_; }

 private:
  void separate();
  std::string& out_;
};

}  // namespace nuri::compute
