#pragma once

#include "network/domain/listing.h"
#include "network/routes/collection.h"

namespace nuri::network {

// The page of a collection that the query asks for. Filters on the collection's columns, and a page
// where nothing else is asked, are the database's work; the rest is done on the views.
Result<ShownPage> page_of(Work& w, const Collection& c, const Query& query);

}  // namespace nuri::network
