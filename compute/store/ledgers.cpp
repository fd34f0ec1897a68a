#include "compute/store/ledgers.h"

namespace nuri::compute {

namespace {

const std::string kQuotaTruth =
    "SELECT id, project_id, 'instances', 1 FROM servers WHERE deleted=0 UNION ALL "
    "SELECT id, project_id, 'cores', vcpus+extra_vcpus FROM servers WHERE deleted=0 UNION ALL "
    "SELECT id, project_id, 'ram', ram_mib+extra_ram_mib FROM servers WHERE deleted=0 UNION ALL "
    "SELECT id, project_id, 'server_groups', 1 FROM server_groups";
const std::string kHostTruth =
    "SELECT id, host, 'vcpus', vcpus+extra_vcpus FROM servers WHERE deleted=0 AND host<>'' UNION "
    "ALL "
    "SELECT id, host, 'memory_mib', ram_mib+extra_ram_mib FROM servers WHERE deleted=0 AND "
    "host<>'' UNION ALL "
    "SELECT id, host, 'disk_gib', disk_gib+ephemeral_gib+extra_disk_gib FROM servers WHERE "
    "deleted=0 AND host<>'' AND disk_gib+ephemeral_gib+extra_disk_gib>0";

}  // namespace

// Nova's defaults, but no injected files: this cloud has none.
const ledger::Ledger& quota() {
  static const ledger::Ledger kLedger("project", {{"instances", 10},
                                                  {"cores", 20},
                                                  {"ram", 51200},
                                                  {"metadata_items", 128},
                                                  {"key_pairs", 100},
                                                  {"server_groups", 10},
                                                  {"server_group_members", 10},
                                                  {"floating_ips", -1},
                                                  {"fixed_ips", -1},
                                                  {"security_groups", -1},
                                                  {"security_group_rules", -1},
                                                  {"injected_files", 0},
                                                  {"injected_file_content_bytes", 10240},
                                                  {"injected_file_path_bytes", 255}});
  return kLedger;
}

const ledger::Ledger& host_book() {
  static const ledger::Ledger kLedger("host", {});
  return kLedger;
}

Status claim_quota(db::Session& s, const Server& server) {
  return quota().claim(s, server.project_id, server.id,
                       {{"instances", 1},
                        {"cores", server.vcpus + server.extra_vcpus},
                        {"ram", server.ram_mib + server.extra_ram_mib}});
}

void allocate_host(db::Session& s, std::string_view server_id, std::string_view host) {
  host_book().release(s, server_id);
  auto amounts = s.one(
      "SELECT vcpus+extra_vcpus, ram_mib+extra_ram_mib, disk_gib+ephemeral_gib+extra_disk_gib "
      "FROM servers WHERE id=?1",
      {server_id}, [](const db::Row& r) {
        return ledger::Amounts{
            {"vcpus", r.i64(0)}, {"memory_mib", r.i64(1)}, {"disk_gib", r.i64(2)}};
      });
  if (amounts && !host.empty()) host_book().take(s, host, server_id, *amounts);
}

void release(db::Session& s, std::string_view server_id) {
  quota().release(s, server_id);
  host_book().release(s, server_id);
}

Used used_on_host(db::Session& s, std::string_view host) {
  const ledger::Ledger& b = host_book();
  int64_t servers = s.count(
      "SELECT count(*) FROM ledger_claims WHERE book='host' AND holder=?1 AND "
      "resource='memory_mib'",
      {host});
  return {servers, b.used(s, host, "vcpus"), b.used(s, host, "memory_mib"),
          b.used(s, host, "disk_gib")};
}

std::map<std::string, Used> used_on_hosts(db::Session& s) {
  std::map<std::string, Used> out;
  s.each("SELECT holder, resource, used FROM ledger_counters WHERE book='host'", {},
         [&](const db::Row& r) {
           Used& u = out[r.text(0)];
           std::string resource = r.text(1);
           int64_t& amount = resource == "vcpus"        ? u.vcpus
                             : resource == "memory_mib" ? u.ram_mib
                                                        : u.disk_gib;
           amount = r.i64(2);
         });
  return out;
}

std::vector<ledger::Audited> audited() {
  return {{&quota(), kQuotaTruth, ""}, {&host_book(), kHostTruth, ""}};
}

void adopt_ledgers(db::Session& s) {
  ledger::adopt_if_empty(s, quota(), kQuotaTruth);
  ledger::adopt_if_empty(s, host_book(), kHostTruth);
}

}  // namespace nuri::compute
