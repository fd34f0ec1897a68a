#pragma once

#include "services/base/clock.h"
#include "services/base/random.h"
#include "services/base/router.h"
#include "services/db/database.h"
#include "services/image/routes/access.h"
#include "services/image/routes/metadefs.h"
#include "services/image/store/image_files.h"
#include "services/image/store/image_quota.h"
#include "services/image/store/image_store.h"

namespace nuri::image {

struct Limits {
  int64_t images = 1'000;              // of one project
  int64_t bytes = 1'000ll << 30;       // of one project
  uint64_t upload_bytes = 1ull << 40;  // of one image
  // Refuse data without a header of the format it is said to be (see check_image).
  bool must_match = false;
};

// The Image API v2 and the internal routes. Handlers read, check whose it is, call the store, view.
class Api {
 public:
  Api(db::Database& database, Clock& clock, Random& random, ImageFiles files, Limits limits = {})
      : db_(database),
        clock_(clock),
        random_(random),
        files_(std::move(files)),
        limits_(limits),
        quota_(store::image_quota(limits.images, limits.bytes)),
        metadefs_(database, clock) {}

  void add_routes(Router& router);
  // At start: uploads cut off wait for data again, deletes under way end, stray files go.
  Status recover();
  // What an upload would be refused for when it ends, asked before its data is received. `bytes`:
  // as far as it is told.
  Status check_upload(const Request& request, const Claims& claims, uint64_t bytes);
  const ledger::Ledger& quota() const { return quota_; }
  Metadefs& metadefs() { return metadefs_; }

 private:
  friend const std::vector<Rule>& rules();

  Result<Response> create(const Request&, Context&);
  Result<Response> no_id(const Request&, Context&);
  Result<Response> list(const Request&, Context&);
  Result<Response> show(const Request&, Context&);
  Result<Response> patch(const Request&, Context&);
  Result<Response> remove(const Request&, Context&);
  Result<Response> deactivate(const Request&, Context&);
  Result<Response> reactivate(const Request&, Context&);
  Result<Response> set_active(Context&, bool active);

  Result<Response> upload(const Request&, Context&);
  Result<Response> stage(const Request&, Context&);
  Result<Response> agent_upload(const Request&, Context&);
  Result<Response> receive(const Request&, Context&, std::string_view becomes, bool agent);
  Result<Image> begin_upload(const Context&, bool agent);
  Status check_bytes(db::Session&, const Image&, uint64_t size) const;
  Status finish_upload(const Context&, const Image&, const Digest&,
                       std::optional<uint64_t> virtual_size, std::string_view becomes);
  void give_up_upload(const std::string& id);

  Result<Response> download(const Request&, Context&);
  Result<Response> agent_download(const Request&, Context&);
  Result<Response> file_answer(const Request&, const Image&);

  Result<Response> import_methods(const Request&, Context&);
  Result<Response> stores(const Request&, Context&);
  Result<Response> usage(const Request&, Context&);
  Result<Response> import_image(const Request&, Context&);
  Result<Response> list_tasks(const Request&, Context&);
  Result<Response> show_task(const Request&, Context&);
  Result<Response> list_image_tasks(const Request&, Context&);

  Result<Response> put_tag(const Request&, Context&);
  Result<Response> remove_tag(const Request&, Context&);
  Result<Response> add_member(const Request&, Context&);
  Result<Response> list_members(const Request&, Context&);
  Result<Response> show_member(const Request&, Context&);
  Result<Response> update_member(const Request&, Context&);
  Result<Response> remove_member(const Request&, Context&);

  Result<Response> versions_to_choose(const Request&, Context&);
  Result<Response> versions(const Request&, Context&);
  Result<Response> schema(const Request&, Context&);

  Result<Response> internal_show(const Request&, Context&);
  Result<Response> internal_put(const Request&, Context&);
  Result<Response> internal_remove(const Request&, Context&);
  Status insert_image(db::Session&, const Image&);
  Status erase(const Image&, const std::string& user_id);

  db::Database& db_;
  Clock& clock_;
  Random& random_;
  ImageFiles files_;
  Limits limits_;
  ledger::Ledger quota_;
  Metadefs metadefs_;
};

store::Viewer viewer_of(const Claims& claims);
// The image of the path, as far as the caller may see it. Error: not_found, the same for a foreign
// one as for none.
Result<Image> visible_image(db::Session& s, const Context& context);
// As visible_image, of the caller's own project (or an administrator's). Error: forbidden.
Result<Image> owned_image(db::Session& s, const Context& context);
Error no_image(const Context& context);

void emit_usage(db::Session& s, const Image& image, std::string_view type,
                const std::string& user_id, TimeUs now_us);
// Whether it is on somebody's bill.
bool is_metered(const Image& image);

}  // namespace nuri::image
