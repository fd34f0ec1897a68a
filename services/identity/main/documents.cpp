#include "services/identity/main/documents.h"

namespace nuri::identity {

Documents documents() {
  Documents d;
  constexpr const char* kToken = R"({"token": {"methods": [""], "user": {"id": "", "name": "",
      "domain": {"id": "", "name": ""}, "password_expires_at": null}, "audit_ids": [""],
      "expires_at": "", "issued_at": "", "project": {"id": "", "name": "", "domain": {}},
      "domain": {}, "system": {}, "is_domain": false, "roles": [{"id": "", "name": ""}],
      "catalog": [{"id": "", "type": "", "name": "", "endpoints": []}]}})";
  d.like("POST", "/v3/auth/tokens", kToken)
      .says("Signs in")
      .status(201)
      .reads(schema_like(R"({"auth": {"identity": {"methods": [""], "password": {"user": {}},
          "token": {"id": ""}, "application_credential": {}, "totp": {}}, "scope": {}}})"));
  d.like("GET", "/v3/auth/tokens", kToken).says("What the token in X-Subject-Token says");
  d.like("GET", "/v3/auth/catalog", R"({"catalog": [{"id": "", "type": "", "name": "",
      "endpoints": []}], "links": {}})");
  d.like("GET", "/v3/auth/system", R"({"system": [{"all": true}], "links": {}})");
  constexpr const char* kVersion = R"({"id": "", "status": "", "updated": "", "links": [],
      "media-types": []})";
  d.add("GET", "/")
      .answers(
          wrapped("versions", wrapped("values", schema_of(Json::object({{"type", "array"}})))));
  d.add("GET", "/v3").answers(wrapped("version", schema_like(kVersion)));
  const std::string tags = "/v3/projects/{project_id}/tags";
  constexpr const char* kTags = R"({"tags": [""], "links": {}})";
  d.like("GET", tags, kTags);
  d.like("PUT", tags, kTags).reads(schema_like(R"({"tags": [""]})"));
  d.add("GET", tags + "/{tag}").answers_nothing().status(204);
  d.add("PUT", tags + "/{tag}").reads_nothing().answers_nothing().status(201);
  const std::string implied = "/v3/roles/{role_id}/implies";
  constexpr const char* kInference = R"({"role_inference": {"prior_role": {"id": "", "name": ""},
      "implies": {"id": "", "name": ""}}, "links": {}})";
  d.like("GET", implied, R"({"role_inference": {"prior_role": {"id": "", "name": ""},
      "implies": [{"id": "", "name": ""}]}, "links": {}})");
  d.like("GET", implied + "/{implied_id}", kInference);
  d.like("PUT", implied + "/{implied_id}", kInference).reads_nothing().status(201);
  d.like("GET", "/v3/role_inferences",
         R"({"role_inferences": [{"prior_role": {}, "implies": []}], "links": {}})");
  d.like("GET", "/v3/role_assignments", R"({"role_assignments": [{"role": {"id": ""},
      "user": {"id": ""}, "group": {"id": ""}, "scope": {}, "links": {}}], "links": {}})");
  for (const char* target : {"projects/{project_id}", "domains/{domain_id}"}) {
    for (const char* who : {"users/{user_id}", "groups/{group_id}"})
      d.like("GET",
             std::string("/v3/OS-INHERIT/") + target + "/" + who + "/roles/inherited_to_projects",
             R"({"roles": [{"id": "", "name": ""}], "links": {}})");
  }
  const std::string ec2 = "/v3/users/{user_id}/credentials/OS-EC2";
  constexpr const char* kEc2 = R"({"credential": {"access": "", "secret": "", "user_id": "",
      "tenant_id": "", "trust_id": null, "links": {}}})";
  d.like("GET", ec2, R"({"credentials": [{"access": "", "secret": "", "user_id": "",
      "tenant_id": "", "trust_id": null}]})");
  d.like("POST", ec2, kEc2).status(201).reads(schema_like(R"({"tenant_id": ""})"));
  d.like("GET", ec2 + "/{access}", kEc2);
  d.like("GET", "/v3/OS-TRUST/trusts/{trust_id}/roles/{role_id}",
         R"({"role": {"id": "", "name": "", "links": {}}})");
  d.like("GET", "/internal/v1/revocations", R"({"revocations": [{"number": 1, "what": "", "id": "",
      "before_us": 1, "expires_us": 1}], "last": 1})");
  return d;
}

}  // namespace nuri::identity
