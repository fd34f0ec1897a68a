#pragma once

#include "services/base/router.h"
#include "services/db/database.h"
#include "services/image/api/metadef.h"

namespace nuri::image {

// /v2/metadefs: everybody reads what is public or its project's, administrators write.
class Metadefs {
 public:
  Metadefs(db::Database& database, Clock& clock) : db_(database), clock_(clock) {}

  Result<Response> create_namespace(const Request&, Context&);
  Result<Response> list_namespaces(const Request&, Context&);
  Result<Response> show_namespace(const Request&, Context&);
  Result<Response> update_namespace(const Request&, Context&);
  Result<Response> remove_namespace(const Request&, Context&);
  Result<Response> list_resource_types(const Request&, Context&);

  // Of any kind; the path tells which.
  Result<Response> create_item(const Request&, Context&);
  Result<Response> create_tags(const Request&, Context&);
  Result<Response> create_tag(const Request&, Context&);
  Result<Response> list_items(const Request&, Context&);
  Result<Response> show_item(const Request&, Context&);
  Result<Response> update_item(const Request&, Context&);
  Result<Response> remove_item(const Request&, Context&);
  Result<Response> remove_items(const Request&, Context&);

 private:
  Status add_contents(db::Session&, const Namespace&);
  Result<Item> add_item(db::Session&, const std::string& space, const ItemKind& kind,
                        const Json& body);
  db::Database& db_;
  Clock& clock_;
};

// The namespace of the path, as far as the caller may see it. Error: not_found.
Result<Namespace> visible_namespace(db::Session& s, const Context& context);

}  // namespace nuri::image
