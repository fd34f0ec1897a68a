#include "services/db/database.h"

namespace nuri::db {

namespace {
struct Here {
  const Database* database = nullptr;
  WriteHook* hook = nullptr;
};
thread_local Here here;
}  // namespace

Hooked::Hooked(Database& database, WriteHook& hook) { here = {&database, &hook}; }
Hooked::~Hooked() { here = {}; }

WriteHook* Database::hook_here() const { return here.database == this ? here.hook : nullptr; }

}  // namespace nuri::db
