#include "services/feed/feed.h"

namespace nuri::feed {

// feed_state holds the one revision counter and the epoch: a database made anew numbers anew, and
// an agent that asks with another epoch's number is given everything.
const std::vector<db::Migration> kMigrations = {
    {1, R"sql(
CREATE TABLE feed_state (one BIGINT PRIMARY KEY, revision BIGINT NOT NULL, epoch TEXT NOT NULL);
CREATE TABLE feed_desired (
  host TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  revision BIGINT NOT NULL,
  spec TEXT,
  PRIMARY KEY (host, kind, id)
);
CREATE INDEX feed_desired_revision ON feed_desired (host, revision);
CREATE TABLE feed_observed (
  host TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (host, kind, id)
);
)sql"},
};

}  // namespace nuri::feed
