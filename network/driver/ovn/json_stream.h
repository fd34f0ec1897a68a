#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/base/json.h"

namespace nuri::network::ovn {

// Cuts a byte stream of JSON texts that follow each other without separators (RFC 7047, section 4)
// into values, whatever packets they come in.
class JsonStream {
 public:
  explicit JsonStream(size_t most = 256u << 20) : most_(most) {}
  // Errors: bad_request where the stream is not JSON or one value is too large; it is then spoilt.
  Result<std::vector<Json>> feed(std::string_view bytes);

 private:
  size_t most_;
  std::string buffer_;
  size_t scanned_ = 0;  // of buffer_, by the state below
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false;
};

}  // namespace nuri::network::ovn
