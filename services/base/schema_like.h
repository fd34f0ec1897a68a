#pragma once

#include "services/base/route_doc.h"

namespace nuri {

// The schema of what looks like this example, for answers that no field table writes:
//   .answers(schema_like(R"({"versions": [{"id": "v1", "status": "CURRENT", "links": []}]})"))
// Strings, numbers, booleans, objects and lists by their first item; null is anything.
Schema schema_like(const char* example_json);

}  // namespace nuri
