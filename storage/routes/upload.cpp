#include "services/tasks/task.h"
#include "storage/domain/volume_state.h"
#include "storage/routes/actions.h"

// os-volume_upload_image: an image from a volume.
namespace nuri::storage {

namespace {

struct Upload {
  std::string name;
  std::string container_format = "bare", disk_format = "raw", visibility = "private";
  bool force = false, is_protected = false;
};
const Fields<Upload> kUpload{
    "os-volume_upload_image",
    Fields<Upload>::Unknown::refuse,
    {text("image_name", &Upload::name).length(1, 255).required_(),
     boolean("force", &Upload::force).nullable_(),
     text("disk_format", &Upload::disk_format)
         .one_of({"raw", "qcow2", "vmdk", "vdi", "vhdx", "vhd"})
         .nullable_(),
     text("container_format", &Upload::container_format).one_of({"bare"}).nullable_(),
     text("visibility", &Upload::visibility)
         .one_of({"private", "shared", "community", "public"})
         .nullable_()
         .since_(1),
     boolean("protected", &Upload::is_protected).nullable_().since_(1)}};

// What the image service is asked for.
Json image_of(const Volume& v, const Upload& in, const Context& context) {
  Json properties = Json::object();
  for (const auto& [key, value] : v.image_metadata) {
    if (key.starts_with("hw_") || key.starts_with("os_")) properties.set(key, value);
  }
  return Json::object({{"project_id", v.project_id},
                       {"user_id", context.claims.user_id},
                       {"name", in.name},
                       {"disk_format", in.disk_format},
                       {"container_format", in.container_format},
                       {"min_disk", v.size_gib},
                       {"min_ram", 0},
                       {"visibility", in.visibility},
                       {"protected", in.is_protected},
                       {"tags", Json::array()},
                       {"properties", properties}});
}

Json answer(const Volume& v, const Upload& in, const Context& context) {
  Json out = Json::object(
      {{"id", v.id},
       {"updated_at", iso_naive(v.updated_us)},
       {"status", "uploading"},
       {"display_description", v.description ? Json(*v.description) : Json()},
       {"size", v.size_gib},
       {"volume_type", Json::object({{"id", v.type_id}, {"name", v.type_name}})},
       {"image_id", v.upload_image},
       {"container_format", in.container_format},
       {"disk_format", in.disk_format},
       {"image_name", in.name}});
  if (context.microversion >= 1)
    out.set("visibility", in.visibility).set("protected", in.is_protected);
  return Json::object({{"os-volume_upload_image", out}});
}

}  // namespace

Result<Response> upload_volume(Service& p, const Json& value, Context& context) {
  Upload in = TRY(kUpload.read(value, context.microversion));
  if (in.visibility == "public") TRYV(need_admin(context, "publicize_image"));
  std::string image = p.random.uuid();
  Volume volume = TRY(change_volume(p, context, [&](db::Session& s, Volume& v) -> Status {
    TRYV(may_copy(v, in.force, "uploaded"));
    v.status = "uploading";
    v.upload_image = image;
    v.upload = image_of(v, in, context);
    tasks::signal(s, v.id, p.clock.now_us());
    p.wake_after(s);
    return {};
  }));
  // The volume's task does this too, for as long as it takes; here, so that who is told the image's
  // id finds it.
  Json queued = volume.upload;
  (void)p.images.queue(image, queued.set("host", volume.host));
  return Response::json(202, answer(volume, in, context));
}

}  // namespace nuri::storage
