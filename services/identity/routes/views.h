#pragma once

#include "services/identity/api/fields.h"
#include "services/identity/routes/identity.h"

// How resources look from outside, and how lists are filtered.
namespace nuri::identity {

template <class T>
struct Kind {
  const char* singular;
  const char* plural;  // also the path below /v3
  const Fields<T>& fields;
};

extern const Kind<Project> kDomainKind;
extern const Kind<Project> kProjectKind;
extern const Kind<User> kUserKind;
extern const Kind<Group> kGroupKind;
extern const Kind<RoleRow> kRoleKind;
extern const Kind<Region> kRegionKind;
extern const Kind<Service> kServiceKind;
extern const Kind<Endpoint> kEndpointKind;
extern const Kind<Policy> kPolicyKind;
extern const Kind<Credential> kCredentialKind;

// scheme://host of the cloud's door: base_url without our own prefix.
std::string cloud_base(const Request& request);

// {"next": null, "previous": null, "self": URL of this very request}
Json list_links(const Request& request, const Context& context);
Json self_link(std::string url);
Response listed(const Request& request, const Context& context, std::string_view plural,
                Json items);

// ?name, ?domain_id and ?enabled of any list whose items have them, and Keystone's inexact filters:
// name__contains, __icontains, __startswith, __endswith and the i-forms.
bool matches_filters(const Request& request, const Json& item);
// A filter's yes or no: "", "1", "true" are yes; "0", "false" are no.
std::optional<bool> flag_filter(const Request& request, std::string_view name);

template <class T>
Json view(const Kind<T>& kind, const T& value, const Context& context) {
  Json out = write_with_extra(kind.fields, value);
  out.set("links",
          self_link(context.base_url + "/v3/" + kind.plural + "/" + percent_encode(value.id)));
  return out;
}

template <class T>
Response shown(int status, const Kind<T>& kind, const T& value, const Context& context) {
  return Response::json(status, Json::object({{kind.singular, view(kind, value, context)}}));
}

template <class T>
Response shown_list(const Kind<T>& kind, const std::vector<T>& values, const Request& request,
                    const Context& context) {
  Json items = Json::array();
  for (const T& v : values) {
    Json item = view(kind, v, context);
    if (matches_filters(request, item)) items.push_back(std::move(item));
  }
  return listed(request, context, kind.plural, std::move(items));
}

// The body's resource, checked; what the table does not know goes into extra.
template <class T>
Result<T> read_new(const Kind<T>& kind, const Request& request) {
  Json body = TRY(body_member(request.body, kind.singular));
  T out = TRY(kind.fields.read(body));
  if constexpr (requires { out.extra; }) take_extra(out.extra, kind.fields, body);
  return out;
}

// A PATCH's body laid over what is there.
template <class T>
Status read_changes(const Kind<T>& kind, const Json& body, T& into) {
  TRYV(kind.fields.update(into, body));
  if constexpr (requires { into.extra; }) take_extra(into.extra, kind.fields, body);
  const Json* id = body.find("id");
  if (id && id->as_string() != into.id) {
    return bad_request(std::string("Cannot change ") + kind.singular + " ID", "id");
  }
  return {};
}

// The exact filters of a list, as a WHERE clause.
class Filter {
 public:
  Filter& text(const Request& request, std::string_view name, std::string_view column = {});
  Filter& flag(const Request& request, std::string_view name);
  Filter& add(std::string_view column, db::Arg value);
  // A domain's people see what lies in it.
  Filter& within(const Context& context, std::string_view column = "domain_id");
  const std::string& where() const { return where_; }
  const db::Args& args() const { return args_; }

 private:
  std::string where_;
  db::Args args_;
};

}  // namespace nuri::identity
