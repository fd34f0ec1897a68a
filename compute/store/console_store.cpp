#include "compute/store/console_store.h"

namespace nuri::compute {

const std::vector<db::Migration> kConsoleMigrations = {
    {1, R"sql(
CREATE TABLE console_tokens (
  hash TEXT PRIMARY KEY, server_id TEXT NOT NULL, kind TEXT NOT NULL, created_us BIGINT NOT NULL
);
CREATE INDEX console_tokens_server ON console_tokens (server_id, created_us);
CREATE INDEX console_tokens_created ON console_tokens (created_us);
)sql"},
};

void put_console_token(db::Session& s, const std::string& hash, const ConsoleGrant& grant,
                       TimeUs now) {
  s.exec("DELETE FROM console_tokens WHERE created_us <= ?1", {now - kConsoleTokenLife});
  s.exec(
      "DELETE FROM console_tokens WHERE server_id = ?1 AND hash NOT IN (SELECT hash FROM"
      " console_tokens WHERE server_id = ?1 ORDER BY created_us DESC LIMIT ?2)",
      {grant.server_id, kMaxConsoleTokens - 1});
  s.exec("INSERT INTO console_tokens (hash, server_id, kind, created_us) VALUES (?1, ?2, ?3, ?4)",
         {hash, grant.server_id, grant.kind, now});
}

bool console_token_known(db::Session& s, const std::string& hash) {
  bool known = false;
  s.each("SELECT 1 FROM console_tokens WHERE hash = ?1", {hash},
         [&](const db::Row&) { known = true; });
  return known;
}

std::optional<ConsoleGrant> take_console_token(db::Session& s, const std::string& hash,
                                               TimeUs now) {
  std::optional<ConsoleGrant> grant;
  s.each("SELECT server_id, kind FROM console_tokens WHERE hash = ?1 AND created_us > ?2",
         {hash, now - kConsoleTokenLife}, [&](const db::Row& r) {
           grant = ConsoleGrant{r.text(0), r.text(1)};
         });
  s.exec("DELETE FROM console_tokens WHERE hash = ?1", {hash});
  return grant;
}

}  // namespace nuri::compute
