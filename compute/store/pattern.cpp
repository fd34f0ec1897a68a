#include "compute/store/pattern.h"

#include <cctype>
#include <cstring>

#include "compute/store/pattern_parser.h"

namespace nuri::compute {

namespace {
constexpr size_t kMaxPattern = 255;
}

Result<Pattern> Pattern::create(std::string_view text, const char* field, Anchor anchor) {
  if (text.size() > kMaxPattern)
    return bad_request(std::string(field) + " has at most 255 characters.", field);
  Pattern p;
  PatternParser parser(p, text);
  if (anchor == Anchor::start) parser.anchor();
  if (!parser.run())
    return bad_request("Invalid input for query parameters " + std::string(field) +
                           ": it is no regular expression this cloud reads (" + parser.problem() +
                           ").",
                       field);
  return p;
}

bool Pattern::matches(std::string_view text) const {
  if (plain_) {
    const std::string& literal = literals_.front();
    if (at_start_ && at_end_) return text == literal;
    if (at_start_) return text.starts_with(literal);
    if (at_end_) return text.ends_with(literal);
  }
  for (const std::string& l : literals_) {
    if (!memmem(text.data(), text.size(), l.data(), l.size())) return false;
  }
  return plain_ || run(text);
}

namespace {

// The states the expression is in, each at most once; kept by a thread from one text to the next.
struct States {
  void reset(size_t n) {
    list.clear();
    if (marked.size() < n) marked.resize(n, 0);
    ++round;
  }
  std::vector<int32_t> list;
  std::vector<uint64_t> marked;
  uint64_t round = 0;
};

}  // namespace

bool Pattern::run(std::string_view text) const {
  thread_local std::vector<int32_t> stack;
  thread_local States now, next;
  now.reset(ops_.size());
  next.reset(ops_.size());
  bool over = false;
  auto enter = [&](States& states, int32_t at, size_t position) {
    stack.assign(1, at);
    while (!stack.empty() && !over) {
      int32_t i = stack.back();
      stack.pop_back();
      auto index = static_cast<size_t>(i);
      if (states.marked[index] == states.round) continue;
      states.marked[index] = states.round;
      const Op& op = ops_[index];
      switch (op.kind) {
        case Op::Kind::set:
          states.list.push_back(i);
          break;
        case Op::Kind::jump:
          stack.push_back(op.to);
          break;
        case Op::Kind::split:
          stack.push_back(op.or_);
          stack.push_back(op.to);
          break;
        case Op::Kind::start:
          if (position == 0) stack.push_back(i + 1);
          break;
        case Op::Kind::end:
          if (position == text.size()) stack.push_back(i + 1);
          break;
        case Op::Kind::done:
          over = true;
          break;
      }
    }
  };
  for (size_t i = 0; i <= text.size(); ++i) {
    enter(now, 0, i);  // a match may begin anywhere
    if (over || i == text.size()) return over;
    next.list.clear();
    ++next.round;
    for (int32_t state : now.list) {
      const Op& op = ops_[static_cast<size_t>(state)];
      if (sets_[op.set].has(static_cast<unsigned char>(text[i]))) enter(next, state + 1, i + 1);
      if (over) return true;
    }
    std::swap(now, next);
  }
  return over;
}

}  // namespace nuri::compute
