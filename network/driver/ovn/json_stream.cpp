#include "network/driver/ovn/json_stream.h"

namespace nuri::network::ovn {

Result<std::vector<Json>> JsonStream::feed(std::string_view bytes) {
  std::vector<Json> out;
  buffer_.append(bytes);
  size_t start = 0;
  for (; scanned_ < buffer_.size(); ++scanned_) {
    char c = buffer_[scanned_];
    if (in_string_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
      continue;
    }
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      --depth_;
    } else if (depth_ == 0 && c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      return bad_request("the stream holds something that is neither an object nor an array");
    }
    if (depth_ < 0 || (depth_ == 0 && in_string_))
      return bad_request("the stream's brackets do not match");
    if (depth_ == 0 && (c == '}' || c == ']')) {
      out.push_back(TRY(parse_json(std::string_view(buffer_).substr(start, scanned_ + 1 - start))));
      start = scanned_ + 1;
    }
  }
  buffer_.erase(0, start);
  scanned_ -= start;
  if (buffer_.size() > most_) return bad_request("a value of the stream is too large");
  return out;
}

}  // namespace nuri::network::ovn
