#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/db/database.h"

// Tokens that open a server's console: only their hashes are kept, each is good for one use.
namespace nuri::compute {

extern const std::vector<db::Migration> kConsoleMigrations;  // component "consoles"

inline constexpr TimeUs kConsoleTokenLife = 600 * kSecondUs;
inline constexpr int64_t kMaxConsoleTokens = 16;  // alive at once of a server; the oldest goes

struct ConsoleGrant {
  std::string server_id;
  std::string kind;  // "vnc" or "serial"
};

void put_console_token(db::Session& s, const std::string& hash, const ConsoleGrant& grant,
                       TimeUs now);
// A look that changes nothing, so that guessing costs no write.
bool console_token_known(db::Session& s, const std::string& hash);
// What the token opens, which it does not do a second time; nullopt where it is none (any more).
std::optional<ConsoleGrant> take_console_token(db::Session& s, const std::string& hash, TimeUs now);

}  // namespace nuri::compute
