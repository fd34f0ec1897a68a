#include "services/image/routes/access.h"
#include "services/image/routes/api.h"

namespace nuri::image {

namespace {

using M = Metadefs;

template <auto Member>
Result<Response> run(Api& api, const Request& request, Context& context) {
  return (api.metadefs().*Member)(request, context);
}

Rule rule(std::string_view method, std::string_view pattern,
          Result<Response> (*handler)(Api&, const Request&, Context&), std::string says) {
  Access access = method == "GET" ? Access::reader : Access::admin;
  Rule out{method, pattern, access, Whose::none, handler};
  out.doc.summary = std::move(says);
  out.doc.no_answer = out.doc.no_body = method == "DELETE";
  if (method == "POST") out.doc.status = 201;
  return out;
}

}  // namespace

std::vector<Rule> metadef_rules() {
  constexpr std::string_view kTypes = "/v2/metadefs/namespaces/{ns}/resource_types";
  constexpr std::string_view kType = "/v2/metadefs/namespaces/{ns}/resource_types/{item}";
  constexpr std::string_view kObjects = "/v2/metadefs/namespaces/{ns}/objects";
  constexpr std::string_view kObject = "/v2/metadefs/namespaces/{ns}/objects/{item}";
  constexpr std::string_view kProperties = "/v2/metadefs/namespaces/{ns}/properties";
  constexpr std::string_view kProperty = "/v2/metadefs/namespaces/{ns}/properties/{item}";
  constexpr std::string_view kTags = "/v2/metadefs/namespaces/{ns}/tags";
  constexpr std::string_view kTag = "/v2/metadefs/namespaces/{ns}/tags/{item}";
  constexpr std::string_view kSpaces = "/v2/metadefs/namespaces";
  constexpr std::string_view kSpace = "/v2/metadefs/namespaces/{ns}";
  return {
      rule("GET", "/v2/metadefs/resource_types", &run<&M::list_resource_types>, "Resource types"),
      rule("POST", kSpaces, &run<&M::create_namespace>, "Creates a namespace of definitions"),
      rule("GET", kSpaces, &run<&M::list_namespaces>, "Lists namespaces of definitions"),
      rule("GET", kSpace, &run<&M::show_namespace>, "Shows a namespace and what it holds"),
      rule("PUT", kSpace, &run<&M::update_namespace>, "Changes a namespace"),
      rule("DELETE", kSpace, &run<&M::remove_namespace>, "Deletes a namespace and what it holds"),

      rule("POST", kTypes, &run<&M::create_item>, "Associates a resource type"),
      rule("GET", kTypes, &run<&M::list_items>, "Lists the associated resource types"),
      rule("DELETE", kType, &run<&M::remove_item>, "Ends an association"),

      rule("POST", kObjects, &run<&M::create_item>, "Defines an object"),
      rule("GET", kObjects, &run<&M::list_items>, "Lists the objects"),
      rule("DELETE", kObjects, &run<&M::remove_items>, "Deletes all objects"),
      rule("GET", kObject, &run<&M::show_item>, "Shows an object"),
      rule("PUT", kObject, &run<&M::update_item>, "Changes an object"),
      rule("DELETE", kObject, &run<&M::remove_item>, "Deletes an object"),

      rule("POST", kProperties, &run<&M::create_item>, "Defines a property"),
      rule("GET", kProperties, &run<&M::list_items>, "Lists the properties"),
      rule("DELETE", kProperties, &run<&M::remove_items>, "Deletes all properties"),
      rule("GET", kProperty, &run<&M::show_item>, "Shows a property"),
      rule("PUT", kProperty, &run<&M::update_item>, "Changes a property"),
      rule("DELETE", kProperty, &run<&M::remove_item>, "Deletes a property"),

      rule("POST", kTags, &run<&M::create_tags>, "Defines tags, in place of those there are"),
      rule("GET", kTags, &run<&M::list_items>, "Lists the tags"),
      rule("DELETE", kTags, &run<&M::remove_items>, "Deletes all tags"),
      rule("POST", kTag, &run<&M::create_tag>, "Defines a tag"),
      rule("GET", kTag, &run<&M::show_item>, "Shows a tag"),
      rule("PUT", kTag, &run<&M::update_item>, "Renames a tag"),
      rule("DELETE", kTag, &run<&M::remove_item>, "Deletes a tag"),
  };
}

}  // namespace nuri::image
