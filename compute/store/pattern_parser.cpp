#include "compute/store/pattern_parser.h"

#include <algorithm>
#include <cctype>

namespace nuri::compute {

namespace {
constexpr int kMaxDepth = 20, kMaxRepeat = 100;
constexpr size_t kMaxOps = 2000;
constexpr std::string_view kSpecial = "\\.[](){}|*+?^$";

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
}  // namespace

bool PatternParser::fail(const char* why) {
  if (problem_.empty()) problem_ = why;
  return false;
}

// ^literal$ in any part: no states are needed.
bool PatternParser::is_plain() {
  std::string_view t = text_;
  bool start = t.starts_with('^'),
       end = t.size() > 1 && t.ends_with('$') && t[t.size() - 2] != '\\';
  if (start) t.remove_prefix(1);
  if (end) t.remove_suffix(1);
  std::string literal;
  for (size_t i = 0; i < t.size(); ++i) {
    bool escaped =
        t[i] == '\\' && i + 1 < t.size() && !std::isalnum(static_cast<unsigned char>(t[i + 1]));
    if (escaped) ++i;
    if (!escaped && kSpecial.find(t[i]) != std::string_view::npos) return false;
    literal += lower(t[i]);
  }
  p_.literals_ = {literal};
  p_.plain_ = true;
  p_.at_start_ = start || anchored_;
  p_.at_end_ = end;
  return true;
}

bool PatternParser::run() {
  if (is_plain()) return true;
  if (anchored_) p_.ops_.push_back({Op::Kind::start});
  if (!alternatives(0)) return false;
  if (more()) return fail("a ) without its (");
  p_.ops_.push_back({Op::Kind::done});
  end_run();
  if (choice_) p_.literals_.clear();
  // The last first: names of one kind begin alike.
  std::reverse(p_.literals_.begin(), p_.literals_.end());
  return true;
}

bool PatternParser::alternatives(int depth) {
  if (depth > kMaxDepth) return fail("too many brackets within brackets");
  size_t begin = p_.ops_.size();
  if (!sequence(depth)) return false;
  while (more() && text_[at_] == '|') {
    ++at_;
    choice_ = choice_ || depth == 0;
    // split begin+1, second; first; jump end; second
    p_.ops_.insert(p_.ops_.begin() + static_cast<long>(begin), Op{Op::Kind::split});
    shift(begin + 1, 1);
    size_t jump = p_.ops_.size();
    p_.ops_.push_back({Op::Kind::jump});
    p_.ops_[begin].to = static_cast<int32_t>(begin) + 1;
    p_.ops_[begin].or_ = static_cast<int32_t>(jump) + 1;
    if (!sequence(depth)) return false;
    p_.ops_[jump].to = static_cast<int32_t>(p_.ops_.size());
  }
  return true;
}

// What was moved by one place points one place on.
void PatternParser::shift(size_t begin, int32_t by) {
  for (size_t i = begin; i < p_.ops_.size(); ++i) {
    p_.ops_[i].to += by;
    p_.ops_[i].or_ += by;
  }
}

bool PatternParser::sequence(int depth) {
  while (more() && text_[at_] != '|' && text_[at_] != ')') {
    size_t begin = p_.ops_.size();
    char c = text_[at_];
    bool letter = depth == 0 && kSpecial.find(c) == std::string_view::npos;
    if (!atom(depth)) return false;
    char after = more() ? text_[at_] : '\0';
    if (!repeat(begin)) return false;
    if (p_.ops_.size() > kMaxOps) return fail("too large");
    // Letters in a row that nothing makes optional must be in a text.
    bool repeated = std::string_view("*+?{").find(after) != std::string_view::npos && after;
    if (letter && (!repeated || after == '+')) run_ += lower(c);
    if (depth == 0 && (!letter || repeated)) end_run();
  }
  return true;
}

void PatternParser::end_run() {
  if (!run_.empty()) p_.literals_.push_back(std::move(run_));
  run_.clear();
}

void PatternParser::add_letter(Set& set, unsigned char c) {
  set.add(static_cast<unsigned char>(std::tolower(c)));
  set.add(static_cast<unsigned char>(std::toupper(c)));
}

void PatternParser::emit_set(const Set& set) {
  Op op{Op::Kind::set};
  op.set = static_cast<uint16_t>(p_.sets_.size());
  p_.sets_.push_back(set);
  p_.ops_.push_back(op);
}

bool PatternParser::escape(Set& set) {
  if (!more()) return fail("a \\ at the end");
  char c = text_[at_++];
  auto add_if = [&](auto test) {
    for (int i = 0; i < 256; ++i) {
      if (test(i)) set.add(static_cast<unsigned char>(i));
    }
  };
  switch (c) {
    case 'd':
      add_if([](int i) { return i < 128 && std::isdigit(i); });
      return true;
    case 'w':
      add_if([](int i) { return i == '_' || (i < 128 && std::isalnum(i)); });
      return true;
    case 's':
      add_if([](int i) { return i < 128 && std::isspace(i); });
      return true;
    default:
      break;
  }
  if (std::isalnum(static_cast<unsigned char>(c))) return fail("a \\ before a letter");
  set.add(static_cast<unsigned char>(c));
  return true;
}

bool PatternParser::atom(int depth) {
  char c = text_[at_++];
  Set set;
  switch (c) {
    case '^':
      p_.ops_.push_back({Op::Kind::start});
      return true;
    case '$':
      p_.ops_.push_back({Op::Kind::end});
      return true;
    case '(':
      if (text_.substr(at_).starts_with("?:")) at_ += 2;
      if (!alternatives(depth + 1)) return false;
      if (!more()) return fail("a ( without its )");
      ++at_;
      return true;
    case '[':
      return bracket();
    case '*':
    case '+':
    case '?':
    case '{':
      return fail("nothing to repeat");
    case '\\':
      if (!escape(set)) return false;
      break;
    case '.':
      for (uint64_t& bits : set.bits) bits = ~uint64_t{0};
      break;
    default:
      add_letter(set, static_cast<unsigned char>(c));
  }
  emit_set(set);
  return true;
}

bool PatternParser::bracket() {
  Set set;
  bool inverted = more() && text_[at_] == '^', first = true;
  if (inverted) ++at_;
  while (more() && (text_[at_] != ']' || first)) {
    first = false;
    char c = text_[at_++];
    if (c == '\\') {
      if (!escape(set)) return false;
      continue;
    }
    bool range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
    auto from = static_cast<unsigned char>(c), to = from;
    if (range) {
      to = static_cast<unsigned char>(text_[at_ + 1]);
      at_ += 2;
    }
    if (to < from) return fail("a range that ends before it begins");
    for (unsigned i = from; i <= to; ++i) add_letter(set, static_cast<unsigned char>(i));
  }
  if (!more()) return fail("a [ without its ]");
  ++at_;
  if (inverted) {
    for (uint64_t& bits : set.bits) bits = ~bits;
  }
  emit_set(set);
  return true;
}

bool PatternParser::bounds(int& least, int& most) {
  auto number = [&](int fallback) {
    int value = 0;
    bool any = false;
    while (more() && std::isdigit(static_cast<unsigned char>(text_[at_])) && value <= kMaxRepeat) {
      value = value * 10 + (text_[at_++] - '0');
      any = true;
    }
    return any ? value : fallback;
  };
  least = number(0);
  most = least;
  if (more() && text_[at_] == ',') {
    ++at_;
    most = number(-1);
  }
  if (!more() || text_[at_] != '}') return fail("a { without its }");
  ++at_;
  bool ok = least <= kMaxRepeat && most <= kMaxRepeat && (most < 0 || most >= least);
  return ok || fail("a repetition of more than 100, or one that ends before it begins");
}

bool PatternParser::repeat(size_t begin) {
  if (!more()) return true;
  int least = 1, most = 1;
  char c = text_[at_];
  if (c == '*' || c == '+' || c == '?') {
    ++at_;
    least = c == '+' ? 1 : 0;
    most = c == '?' ? 1 : -1;
  } else if (c == '{') {
    ++at_;
    if (!bounds(least, most)) return false;
  } else {
    return true;
  }
  if (more() && text_[at_] == '?') ++at_;  // greedy or not: whether it matches is all that counts
  std::vector<Op> one(p_.ops_.begin() + static_cast<long>(begin), p_.ops_.end());
  p_.ops_.resize(begin);
  auto put = [&] {
    auto by = static_cast<int32_t>(p_.ops_.size() - begin);
    for (Op op : one) {
      op.to += by;
      op.or_ += by;
      p_.ops_.push_back(op);
    }
  };
  for (int i = 0; i < least; ++i) {
    put();
    if (p_.ops_.size() > kMaxOps) return fail("too large");
  }
  if (most < 0) {  // split in, out; one; jump back
    auto split = static_cast<int32_t>(p_.ops_.size());
    p_.ops_.push_back({Op::Kind::split, 0, split + 1, 0});
    put();
    p_.ops_.push_back({Op::Kind::jump, 0, split, 0});
    p_.ops_[static_cast<size_t>(split)].or_ = static_cast<int32_t>(p_.ops_.size());
  }
  for (int i = least; i < most; ++i) {
    auto split = static_cast<int32_t>(p_.ops_.size());
    p_.ops_.push_back({Op::Kind::split, 0, split + 1, 0});
    put();
    p_.ops_[static_cast<size_t>(split)].or_ = static_cast<int32_t>(p_.ops_.size());
    if (p_.ops_.size() > kMaxOps) return fail("too large");
  }
  return true;
}

}  // namespace nuri::compute
