#include "services/http/parser.h"

#include <boost/beast/http/basic_parser.hpp>

namespace nuri::http {
namespace {

namespace bhttp = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view view(string_view s) { return {s.data(), s.size()}; }

template <bool kRequest>
class BeastParser final : public Parser, private bhttp::basic_parser<kRequest> {
  using Base = bhttp::basic_parser<kRequest>;

 public:
  BeastParser(uint32_t header_limit, bool head_only) {
    Base::header_limit(header_limit);
    Base::body_limit(boost::none);  // the edge counts: its limit depends on the route
    if constexpr (!kRequest) Base::skip(head_only);
  }

  size_t put(std::string_view in, std::string& body, Problem& problem) override {
    body_ = &body;
    problem = Problem::none;
    size_t used = 0;
    // One step a round, as the header is to be seen before its body.
    while (used < in.size() && !Base::is_done()) {
      const bool in_header = !Base::is_header_done();
      error_code ec;
      const size_t n = Base::put({in.data() + used, in.size() - used}, ec);
      used += n;
      if (ec == bhttp::error::need_more) break;
      if (ec) {
        problem = problem_of(ec);
        break;
      }
      if (in_header && Base::is_header_done()) break;
    }
    return used;
  }

  bool eof() override {
    if (!Base::got_some() || Base::is_done()) return Base::is_done();
    std::string none;
    body_ = &none;
    error_code ec;
    Base::put_eof(ec);
    return !ec && Base::is_done();
  }

  bool header_done() const override { return Base::is_header_done(); }
  bool done() const override { return Base::is_done(); }
  uint64_t remaining() const override {
    const auto left = Base::content_length_remaining();
    return left ? *left : 0;
  }
  Head& head() override { return head_; }

 private:
  static Problem problem_of(const error_code& ec) {
    if (ec == bhttp::error::header_limit) return Problem::header_too_large;
    if (ec == bhttp::error::bad_version) return Problem::version;
    return Problem::malformed;
  }

  void on_request_impl(bhttp::verb, string_view method, string_view target, int version,
                       error_code& ec) override {
    ec = {};
    head_.method = view(method);
    head_.target = view(target);
    head_.version = static_cast<unsigned>(version);
  }
  void on_response_impl(int status, string_view, int version, error_code& ec) override {
    ec = {};
    head_.status = status;
    head_.version = static_cast<unsigned>(version);
  }
  void on_field_impl(bhttp::field, string_view name, string_view value, error_code& ec) override {
    ec = {};
    if (Base::is_header_done()) return;  // a trailer: nothing of ours reads one
    head_.headers.add(view(name), std::string(view(value)));
  }
  void on_header_impl(error_code& ec) override {
    ec = {};
    const auto length = Base::content_length();
    if (length) head_.content_length = *length;
    head_.chunked = Base::chunked();
    head_.keep_alive = Base::keep_alive();
    head_.upgrade = Base::upgrade();
    const std::string* expect = head_.headers.find("Expect");
    head_.expect_continue = expect && head_.version == 11 && iequals(*expect, "100-continue");
  }
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code& ec) override { ec = {}; }
  size_t on_body_impl(string_view piece, error_code& ec) override {
    ec = {};
    body_->append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(uint64_t, string_view, error_code& ec) override { ec = {}; }
  size_t on_chunk_body_impl(uint64_t, string_view piece, error_code& ec) override {
    ec = {};
    body_->append(piece.data(), piece.size());
    return piece.size();
  }
  void on_finish_impl(error_code& ec) override { ec = {}; }

  Head head_;
  std::string* body_ = nullptr;
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::unique_ptr<Parser> Parser::create(Kind kind, uint32_t header_limit, bool head_only) {
  if (kind == Kind::request) return std::make_unique<BeastParser<true>>(header_limit, false);
  return std::make_unique<BeastParser<false>>(header_limit, head_only);
}

std::string framing_fault(const Head& head) {
  int hosts = 0, encodings = 0;
  bool plain_chunked = true;
  for (const auto& [name, value] : head.headers.items()) {
    if (iequals(name, "Host")) ++hosts;
    if (!iequals(name, "Transfer-Encoding")) continue;
    ++encodings;
    plain_chunked = plain_chunked && iequals(value, "chunked");
  }
  if (hosts > 1 || (hosts == 0 && head.version == 11)) return "Exactly one Host header is wanted.";
  if (encodings == 0) return {};
  if (encodings > 1 || !plain_chunked) return "Transfer-Encoding may only be one \"chunked\".";
  if (head.version == 10) return "Transfer-Encoding is not allowed in HTTP/1.0.";
  if (head.headers.find("Content-Length"))
    return "Content-Length and Transfer-Encoding exclude each other.";
  return {};
}

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

bool list_has(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (iequals(item, token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace nuri::http
