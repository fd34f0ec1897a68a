#pragma once

#include "storage/routes/service.h"

// The actions of POST /volumes/{id}/action, by what they do; the table stands in actions.cpp.
namespace nuri::storage {

using ActionFn = Result<Response>(Service&, const Json& value, Context&);

// actions.cpp
ActionFn extend_volume, retype_volume, reset_volume, force_delete_volume, set_bootable,
    set_readonly, upload_volume;
// image_metadata.cpp
ActionFn set_image_metadata, unset_image_metadata, show_image_metadata;
// recorded.cpp
ActionFn record_attach, record_detach, force_detach, reserve_volume, unreserve_volume,
    begin_detaching, roll_detaching;

}  // namespace nuri::storage
