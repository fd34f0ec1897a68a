#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/base/result.h"

namespace nuri::compute {

// A regular expression as clients filter lists by it: . [] () | * + ? {m,n} ^ $ \d \w \s and
// escapes, without case. It is matched in time linear in the text (all states at once), so none can
// hold up a list; a pattern that is plain text, or has to hold some, is looked for as text first.
class Pattern {
 public:
  enum class Anchor { none, start };  // start: as if it began with ^, as Nova matches addresses
  // Error: bad_request naming `field` where it is no such expression, or too large.
  static Result<Pattern> create(std::string_view text, const char* field,
                                Anchor anchor = Anchor::none);
  // `lower` in lower case (ASCII).
  bool matches(std::string_view lower) const;

 private:
  friend class PatternParser;
  struct Op {
    enum class Kind : uint8_t { set, split, jump, start, end, done } kind = Kind::done;
    uint16_t set = 0;         // of Kind::set: index into sets_
    int32_t to = 0, or_ = 0;  // split: both; jump: to
  };
  struct Set {
    uint64_t bits[4] = {0, 0, 0, 0};
    void add(unsigned char c) { bits[c >> 6] |= uint64_t{1} << (c & 63); }
    bool has(unsigned char c) const { return (bits[c >> 6] >> (c & 63)) & 1; }
  };
  bool run(std::string_view text) const;

  std::vector<std::string> literals_;                       // each must be in the text; lower case
  bool plain_ = false, at_start_ = false, at_end_ = false;  // nothing but the one literal
  std::vector<Op> ops_;
  std::vector<Set> sets_;
};

}  // namespace nuri::compute
