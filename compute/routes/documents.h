#pragma once

#include "services/base/documents.h"

namespace nuri::compute {

Documents documents();

}  // namespace nuri::compute
