#pragma once

#include "services/image/api/image.h"

namespace nuri::image {

// Applies a PATCH of type application/openstack-images-v2.1-json-patch (add, replace, remove of one
// member each) to an image. Pure. Errors as Glance's: bad_request for what is malformed, forbidden
// for what only the service sets, conflict for a property that is not there.
Status apply_patch(Image& image, const Json& patch);

// A v2.0 patch, [{"replace": "/name", "value": "x"}], as v2.1 writes it: {"op": "replace", "path": ...}.
Json current_patch(const Json& old);

}  // namespace nuri::image
