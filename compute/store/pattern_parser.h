#pragma once

#include <string>
#include <string_view>

#include "compute/store/pattern.h"

namespace nuri::compute {

// Turns the text of an expression into the operations that Pattern runs.
class PatternParser {
 public:
  PatternParser(Pattern& out, std::string_view text) : p_(out), text_(text) {}
  void anchor() { anchored_ = true; }
  bool run();  // false: problem() says why
  const std::string& problem() const { return problem_; }

 private:
  using Op = Pattern::Op;
  using Set = Pattern::Set;
  bool is_plain();
  bool alternatives(int depth);
  bool sequence(int depth);
  bool atom(int depth);
  bool repeat(size_t begin);
  bool bounds(int& least, int& most);
  bool bracket();
  bool escape(Set& set);
  bool fail(const char* why);
  void emit_set(const Set& set);
  void end_run();
  void shift(size_t begin, int32_t by);
  bool more() const { return at_ < text_.size(); }
  static void add_letter(Set& set, unsigned char c);

  Pattern& p_;
  std::string_view text_;
  size_t at_ = 0;
  bool anchored_ = false;
  bool choice_ = false;  // a | outside of all brackets
  std::string run_;      // of letters, outside of all brackets
  std::string problem_;
};

}  // namespace nuri::compute
