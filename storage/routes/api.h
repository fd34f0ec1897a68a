#pragma once

#include <functional>
#include <map>
#include <string>

#include "services/base/clock.h"
#include "services/base/random.h"
#include "services/base/router.h"
#include "services/db/database.h"
#include "services/feed/feed.h"
#include "storage/api/volume.h"
#include "storage/tasks/volume_task.h"

namespace nuri::storage {

// The image service, as far as volumes need it.
class Images {
 public:
  virtual ~Images() = default;
  // Glance's image as far as the project sees it ("": any). Errors: not_found, unavailable.
  virtual Result<Json> find(const std::string& id, const std::string& project_id) = 0;
};

struct Settings {
  std::string default_zone = "nova";
  std::map<std::string, int64_t> quotas = {{"volumes", 10},
                                           {"gigabytes", 1000},
                                           {"snapshots", 10},
                                           {"backups", 10},
                                           {"backup_gigabytes", 1000},
                                           {"groups", 10},
                                           {"per_volume_gigabytes", -1}};  // -1: no limit
  VolumeTaskOptions tasks;
};

inline const MicroversionRange kMicroversions{"volume", "", 3, 0, 70};

// The Block Storage API v3 and the internal routes.
class Api {
 public:
  Api(db::Database& database, Clock& clock, Random& random, feed::Feed& feed, Images& images,
      Settings settings)
      : db_(database),
        clock_(clock),
        random_(random),
        feed_(feed),
        images_(images),
        settings_(std::move(settings)) {}
  void add_routes(Router& router);
  void on_task(std::function<void()> wake) { wake_ = std::move(wake); }

 private:
  using Method = Result<Response> (Api::*)(const Request&, Context&);
  // A route below /v3/{project_id}: the path's project is the token's, or an administrator asks.
  void add(Router&, std::string method, const std::string& below, Access, Method, int since = 0);
  void add_discovery(Router&);
  void add_internal(Router&);

  Result<Response> create(const Request&, Context&);
  Result<Response> list(const Request&, Context&);
  Result<Response> list_detail(const Request&, Context&);
  Result<Response> list_of(const Request&, Context&, bool detail);
  Result<Response> summary(const Request&, Context&);
  Result<Response> show(const Request&, Context&);
  Result<Response> update(const Request&, Context&);
  Result<Response> remove(const Request&, Context&);
  Result<Response> action(const Request&, Context&);
  Result<Response> no_snapshots(const Request&, Context&);

  Result<Response> get_metadata(const Request&, Context&);
  Result<Response> add_metadata(const Request&, Context&);
  Result<Response> set_metadata(const Request&, Context&);
  Result<Response> get_metadata_item(const Request&, Context&);
  Result<Response> set_metadata_item(const Request&, Context&);
  Result<Response> remove_metadata_item(const Request&, Context&);

  Result<Response> show_quotas(const Request&, Context&);
  Result<Response> default_quotas(const Request&, Context&);
  Result<Response> update_quotas(const Request&, Context&);
  Result<Response> remove_quotas(const Request&, Context&);
  Result<Response> limits(const Request&, Context&);

  Result<Response> types(const Request&, Context&);
  Result<Response> type(const Request&, Context&);
  Result<Response> type_specs(const Request&, Context&);
  Result<Response> services(const Request&, Context&);
  Result<Response> zones(const Request&, Context&);
  Result<Response> extensions(const Request&, Context&);

  Result<Response> attach(const Request&, Context&);
  Result<Response> attached(const Request&, Context&);
  Result<Response> detaching(const Request&, Context&);
  Result<Response> detach(const Request&, Context&);
  Result<Response> record_attach(const Json& body, Context&);
  Result<Response> record_detach(const Json& body, Context&);
  Result<Response> set_attachment_state(const Request&, Context&, const std::string& state);

  Result<Volume> volume_from(const VolumeCreate& in, const Context& context);
  Status take_image(Volume& volume, const std::string& image_id, const Context& context);
  Status check_zone(db::Session& s, const std::string& zone);
  Status check_quota(db::Session& s, const std::string& project_id, int64_t volumes,
                     int64_t gigabytes, int64_t size);
  std::map<std::string, int64_t> quota_of(db::Session& s, const std::string& project_id);
  Result<Volume> change_any(Context&, const std::function<Status(db::Session&, Volume&)>& f);
  // As change_any, but refused (400) for a volume on its way out.
  Result<Volume> change(Context&, const std::function<Status(db::Session&, Volume&)>& f);
  Status start_delete(db::Session& s, Volume& volume);
  Status extend(db::Session& s, Volume& volume, int64_t size_gib);
  void wake_after(db::Session& s) { s.after_commit(wake_); }
  VolumeLook look(const Context& context) const;

  db::Database& db_;
  Clock& clock_;
  Random& random_;
  feed::Feed& feed_;
  Images& images_;
  Settings settings_;
  std::function<void()> wake_ = [] {};
};

// The volume {id} of the path's project. Error: not_found, the same for a foreign one as for none.
Result<Volume> own_volume(db::Session& s, const Context& context);
void add_version_routes(Router& router);

}  // namespace nuri::storage
