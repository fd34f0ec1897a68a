#include "services/conduct/conduct.h"

namespace nuri::conduct {

const std::vector<db::Migration> kMigrations = {
    {1, R"sql(
CREATE TABLE kept_answers (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  request_mac TEXT NOT NULL,
  answer TEXT,
  created_us BIGINT NOT NULL
);
CREATE INDEX kept_answers_created ON kept_answers (created_us);
CREATE INDEX kept_answers_owner ON kept_answers (owner);
CREATE TABLE audit_events (
  number BIGINT PRIMARY KEY,
  at_us BIGINT NOT NULL, request_id TEXT NOT NULL,
  user_id TEXT NOT NULL, user_name TEXT NOT NULL, project_id TEXT NOT NULL, domain_id TEXT NOT NULL,
  service TEXT NOT NULL, address TEXT NOT NULL,
  method TEXT NOT NULL, path TEXT NOT NULL, action TEXT NOT NULL,
  resource_type TEXT NOT NULL, resource_id TEXT NOT NULL,
  status BIGINT NOT NULL, error TEXT NOT NULL,
  mac TEXT NOT NULL
);
CREATE INDEX audit_events_project ON audit_events (project_id, number);
CREATE INDEX audit_events_resource ON audit_events (resource_id, number);
CREATE TABLE audit_begun (id TEXT PRIMARY KEY, event TEXT NOT NULL);
)sql"},
};

}  // namespace nuri::conduct
