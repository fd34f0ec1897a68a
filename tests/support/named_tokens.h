#pragma once

#include <memory>
#include <string>

#include "services/base/router.h"

namespace nuri::test {

// "role@project": a token that says who comes ("service@", "agent@host" are internal ones). What has
// no @ is no token.
class NamedTokens final : public TokenChecker {
 public:
  Result<std::shared_ptr<const Claims>> check(std::string_view token) override {
    size_t at = token.find('@');
    if (at == std::string_view::npos) return Error(ErrorCode::unauthorized, "The request you have made requires authentication.");
    auto c = std::make_shared<Claims>();
    std::string role(token.substr(0, at));
    if (role == "service") c->service = "compute";
    else if (role == "agent") c->service = "agent", c->host = token.substr(at + 1);
    else c->roles = {{role, role}};
    c->project_id = token.substr(at + 1);
    c->user_id = "user-of-" + c->project_id;
    c->scope = Claims::Scope::project;
    return std::shared_ptr<const Claims>(c);
  }
};

}  // namespace nuri::test
