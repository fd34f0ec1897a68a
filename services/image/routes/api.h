#pragma once

#include "services/base/clock.h"
#include "services/base/random.h"
#include "services/base/router.h"
#include "services/db/database.h"
#include "services/image/store/image_files.h"
#include "services/image/store/image_store.h"

namespace nuri::image {

struct Limits {
  int64_t images = 1'000;              // of one project
  int64_t bytes = 1'000ll << 30;       // of one project
  uint64_t upload_bytes = 1ull << 40;  // of one image
};

// The Image API v2 and the internal routes. Handlers read, check whose it is, call the store, view.
class Api {
 public:
  Api(db::Database& database, Clock& clock, Random& random, ImageFiles files, Limits limits = {})
      : db_(database), clock_(clock), random_(random), files_(std::move(files)), limits_(limits) {}

  void add_routes(Router& router);
  // At start: uploads cut off wait for data again, deletes under way end, stray files go.
  Status recover();

 private:
  Result<Response> create(const Request&, Context&);
  Result<Response> list(const Request&, Context&);
  Result<Response> show(const Request&, Context&);
  Result<Response> patch(const Request&, Context&);
  Result<Response> remove(const Request&, Context&);
  Result<Response> set_active(Context&, bool active);

  Result<Response> upload(const Request&, Context&);
  Result<Response> download(const Request&, Context&);
  Result<Response> agent_download(const Request&, Context&);
  Result<Image> begin_upload(const Context&);
  Status check_bytes(db::Session&, const Image&, uint64_t size);
  Result<std::optional<uint64_t>> inspect(const Image&, const Digest&);
  Status finish_upload(const Context&, const Image&, const Digest&,
                       std::optional<uint64_t> virtual_size);
  void give_up_upload(const std::string& id);
  Result<Response> file_answer(const Request&, const Image&);

  Result<Response> put_tag(const Request&, Context&);
  Result<Response> remove_tag(const Request&, Context&);
  Result<Response> add_member(const Request&, Context&);
  Result<Response> list_members(const Request&, Context&);
  Result<Response> show_member(const Request&, Context&);
  Result<Response> update_member(const Request&, Context&);
  Result<Response> remove_member(const Request&, Context&);
  Result<Response> internal_show(const Request&, Context&);

  void add_image_routes(Router&);
  void add_sharing_routes(Router&);
  void add_service_routes(Router&);

  db::Database& db_;
  Clock& clock_;
  Random& random_;
  ImageFiles files_;
  Limits limits_;
};

store::Viewer viewer_of(const Claims& claims);
// The image of the path, as far as the caller may see it. Error: not_found, the same for a foreign
// one as for none.
Result<Image> visible_image(db::Session& s, const Context& context);
// As visible_image, of the caller's own project (or an administrator's). Error: forbidden.
Result<Image> owned_image(db::Session& s, const Context& context);

void add_version_routes(Router& router);
void add_schema_routes(Router& router);
void emit_usage(db::Session& s, const Image& image, std::string_view type,
                const std::string& user_id, TimeUs now_us);

}  // namespace nuri::image
