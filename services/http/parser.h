#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "services/base/request.h"

namespace nuri::http {

// The start line and header of a request or an answer.
struct Head {
  std::string method, target;  // of a request
  int status = 0;              // of an answer
  unsigned version = 11;       // 10 or 11
  Headers headers;
  std::optional<uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool upgrade = false;          // Connection: upgrade with an Upgrade field
  bool expect_continue = false;
};

enum class Problem { none, malformed, header_too_large, version };

// Beast's incremental parser without its types. Bytes in, body bytes out; no I/O.
class Parser {
 public:
  enum class Kind { request, response };
  // head_only: the answer to a HEAD request, which has no body whatever its header says.
  static std::unique_ptr<Parser> create(Kind kind, uint32_t header_limit, bool head_only = false);
  virtual ~Parser() = default;

  // Consumes a prefix of `in` (what is left must be given again, with more behind it) and appends
  // decoded body bytes to `body`. Stops once behind the header, so that the body's limit can be set.
  virtual size_t put(std::string_view in, std::string& body, Problem& problem) = 0;
  // The peer has closed. True if that completes the message (an answer without a length).
  virtual bool eof() = 0;
  virtual bool header_done() const = 0;
  virtual bool done() const = 0;
  // Body bytes still to come, if the header told.
  virtual uint64_t remaining() const = 0;
  virtual Head& head() = 0;
};

// A body framing that two parsers could read differently (request smuggling) is refused: the
// reason, or empty. Also wants exactly one Host in HTTP/1.1.
std::string framing_fault(const Head& head);

bool iequals(std::string_view a, std::string_view b);
// True if the comma-separated list holds the token, compared without case.
bool list_has(std::string_view list, std::string_view token);

}  // namespace nuri::http
