// Websocket frames: whatever the network does to the pieces, the messages are the same.
#include <vector>

#include "services/http/websocket_frames.h"
#include "tests/fuzz/fuzz.h"

using namespace nuri;
using namespace nuri::http;
using fuzz::hold;

namespace {

struct Outcome {
  std::vector<std::pair<Opcode, std::string>> messages;
  uint16_t fault = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, size_t piece) {
  FrameReader reader;
  Outcome out;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto message = reader.next())
      out.messages.emplace_back(message->opcode, std::move(message->payload));
  }
  out.fault = reader.fault();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view in = fuzz::text(data, size);
  const size_t piece = 1 + fuzz::take_byte(in);
  const Outcome whole = read(in, in.size() + 1);
  hold(whole == read(in, piece), "pieces change nothing");
  for (const auto& [opcode, payload] : whole.messages)
    hold(opcode != Opcode::text || is_utf8(payload), "a text is UTF-8");
  return 0;
}
