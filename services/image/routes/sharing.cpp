#include <algorithm>

#include "services/image/routes/api.h"

// Tags and members.
namespace nuri::image {

Result<Response> Api::put_tag(const Request&, Context& context) {
  const std::string& tag = context.param("tag");
  if (tag.size() > 255) return bad_request("A tag has at most 255 bytes.", "tag");
  TRYV(db_.write([&](db::Session& s) -> Status {
    Image image = TRY(owned_image(s, context));
    auto at = std::lower_bound(image.tags.begin(), image.tags.end(), tag);
    if (at != image.tags.end() && *at == tag) return {};
    if (static_cast<int64_t>(image.tags.size()) >= kMaxTags) {
      return Error(ErrorCode::too_large,
                   "An image has at most " + std::to_string(kMaxTags) + " tags.");
    }
    image.tags.insert(at, tag);
    image.updated_us = clock_.now_us();
    store::update(s, image);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> Api::remove_tag(const Request&, Context& context) {
  TRYV(db_.write([&](db::Session& s) -> Status {
    Image image = TRY(owned_image(s, context));
    if (std::erase(image.tags, context.param("tag")) == 0)
      return not_found("The image has no tag '" + context.param("tag").substr(0, 255) + "'.");
    image.updated_us = clock_.now_us();
    store::update(s, image);
    return {};
  }));
  return Response::empty(204);
}

namespace {

Error no_member(const Context& context) {
  return not_found("Image " + context.param("id") + " has no member '" +
                   context.param("member").substr(0, 255) + "'.");
}

// A member may see its own membership, the owner all of them.
bool sees_all(const Image& image, const Claims& claims) {
  return claims.is_admin() || claims.is_service() || image.owner == claims.project_id;
}

}  // namespace

Result<Response> Api::add_member(const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  const Json& name = body["member"];
  // "." and ".." cannot be written in a path: such a membership could not be ended.
  if (!name.is_string() || name.as_string().empty() || name.as_string().size() > 255 ||
      name.as_string() == "." || name.as_string() == "..") {
    return bad_request("'member' must be a project's id: a string of 1 to 255 characters.",
                       "member");
  }
  TimeUs now = clock_.now_us();
  Member member{context.param("id"), name.as_string(), "pending", now, now};
  TRYV(db_.write([&](db::Session& s) -> Status {
    Image image = TRY(owned_image(s, context));
    if (image.visibility != "shared") return forbidden("Only shared images have members.");
    if (store::find_member(s, image.id, member.member_id)) {
      return conflict("Project " + member.member_id + " is already associated with image " +
                      image.id + ".");
    }
    if (static_cast<int64_t>(store::members(s, image.id).size()) >= kMaxMembers) {
      return Error(ErrorCode::too_large,
                   "An image has at most " + std::to_string(kMaxMembers) + " members.");
    }
    store::put_member(s, member);
    return {};
  }));
  return Response::json(200, kMember.write(member));
}

Result<Response> Api::list_members(const Request&, Context& context) {
  Json members = Json::array();
  TRYV(db_.read([&](db::Session& s) -> Status {
    Image image = TRY(visible_image(s, context));
    if (image.visibility != "shared") return not_found("Only shared images have members.");
    bool all = sees_all(image, context.claims);
    for (const Member& m : store::members(s, image.id)) {
      if (all || m.member_id == context.claims.project_id) members.push_back(kMember.write(m));
    }
    return {};
  }));
  return Response::json(
      200, Json::object({{"members", std::move(members)}, {"schema", "/v2/schemas/members"}}));
}

Result<Response> Api::show_member(const Request&, Context& context) {
  Member member = TRY(db_.read([&](db::Session& s) -> Result<Member> {
    Image image = TRY(visible_image(s, context));
    auto found = store::find_member(s, image.id, context.param("member"));
    bool own = context.param("member") == context.claims.project_id;
    if (!found || !(own || sees_all(image, context.claims))) return no_member(context);
    return std::move(*found);
  }));
  return Response::json(200, kMember.write(member));
}

// The member itself says whether it takes the image; the owner cannot push it into another's list.
Result<Response> Api::update_member(const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  Member wish = TRY(kMember.read(body));
  Member member = TRY(db_.write([&](db::Session& s) -> Result<Member> {
    Image image = TRY(visible_image(s, context));
    auto found = store::find_member(s, image.id, context.param("member"));
    bool own = context.param("member") == context.claims.project_id;
    if (!found || !(own || sees_all(image, context.claims))) return no_member(context);
    if (!own && !context.claims.is_admin())
      return forbidden("Only the member itself may change the status of its membership.");
    found->status = wish.status;
    found->updated_us = clock_.now_us();
    store::put_member(s, *found);
    return std::move(*found);
  }));
  return Response::json(200, kMember.write(member));
}

Result<Response> Api::remove_member(const Request&, Context& context) {
  TRYV(db_.write([&](db::Session& s) -> Status {
    Image image = TRY(owned_image(s, context));
    if (!store::remove_member(s, image.id, context.param("member"))) return no_member(context);
    return {};
  }));
  return Response::empty(204);
}

}  // namespace nuri::image
