#include <algorithm>

#include "services/conduct/audit.h"

namespace nuri::conduct {

namespace {

constexpr size_t kMaxText = 512;
constexpr size_t kMaxAnswerLooked = 64 * 1024;
constexpr size_t kMaxIds = 8;  // of what one POST made

struct Part {
  std::string text;
  bool parameter = false;
};

std::vector<Part> parts_of(std::string_view pattern) {
  std::vector<Part> out;
  while (!pattern.empty()) {
    size_t slash = std::min(pattern.find('/'), pattern.size());
    std::string_view p = pattern.substr(0, slash);
    pattern.remove_prefix(std::min(slash + 1, pattern.size()));
    if (p.empty()) continue;
    if (!p.starts_with('{'))
      out.push_back({std::string(p), false});
    else
      out.push_back({std::string(p.substr(1, p.size() - (p.ends_with("*}") ? 3 : 2))), true});
  }
  return out;
}

bool is_version(const std::string& text) {
  return text.size() >= 2 && text[0] == 'v' && text[1] >= '0' && text[1] <= '9';
}

// "os-volume_attachments" is a volume_attachment.
std::string singular(std::string name) {
  if (name.starts_with("os-")) name = name.substr(3);
  if (name.ends_with("ies")) return name.substr(0, name.size() - 3) + "y";
  if (name.ends_with("sses")) return name.substr(0, name.size() - 2);
  if (name.ends_with('s') && !name.ends_with("ss") && !name.ends_with("us")) name.pop_back();
  return name;
}

const char* verb_of(const std::string& method) {
  if (method == "POST") return "create";
  return method == "DELETE" ? "delete" : "update";
}

std::string first_key(const std::string& body) {
  if (body.empty() || body.size() > kMaxAnswerLooked) return "";
  auto parsed = parse_json(body);
  if (!parsed || !parsed->is_object() || parsed->size() == 0) return "";
  return parsed->as_object().front().first.substr(0, 64);
}

std::string id_in(const Json& value) {
  for (const char* key : {"id", "name"}) {
    if (value[key].is_string()) return value[key].as_string();
  }
  return "";
}

// {"server": {"id"}}, {"networks": [{"id"}, ...]} or {"id"}.
std::string made_id(const Response& r) {
  if (r.body.empty() || r.body.size() > kMaxAnswerLooked || r.body[0] != '{') return "";
  auto parsed = parse_json(r.body);
  if (!parsed) return "";
  const Json& whole = *parsed;
  if (whole["id"].is_string()) return whole["id"].as_string();
  for (const auto& [key, value] : whole.as_object()) {
    if (value.is_object() && !id_in(value).empty()) return id_in(value);
    std::string ids;
    for (size_t i = 0; i < std::min(value.size(), kMaxIds) && value.is_array(); ++i)
      ids += (i ? "," : "") + id_in(value.at(i));
    if (!ids.empty()) return ids;
  }
  return "";
}

// The pattern tells the type, and the id where it has one.
void name_resource(Event& e, const Request& request, const Context& c) {
  std::vector<Part> parts = parts_of(c.route->pattern);
  if (parts.empty()) return;
  size_t at = parts.size();  // of the last parameter that names a resource
  for (size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].parameter && !parts[i - 1].parameter && !is_version(parts[i - 1].text)) at = i;
  }
  const Part& last = parts.back();
  e.action = verb_of(request.method);
  if (at == parts.size()) {
    e.resource_type = singular(last.text);
    return;
  }
  e.resource_type = singular(parts[at - 1].text);
  e.resource_id = c.param(parts[at].text).substr(0, kMaxText);
  if (at + 1 == parts.size()) return;
  if (last.text == "action") {
    std::string action = first_key(request.body);
    e.action = action.empty() ? "action" : action;
  } else if (!last.parameter) {
    e.action += " " + last.text;
  }
}

}  // namespace

const Fields<Event> kEvent = {
    number("number", &Event::number),
    computed<Event>("at", [](const Event& e) { return iso_micros(e.at_us); })
        .typed("string")
        .format_("date-time"),
    text("request_id", &Event::request_id),
    text("user_id", &Event::user_id),
    text("user_name", &Event::user_name),
    text("project_id", &Event::project_id),
    text("domain_id", &Event::domain_id),
    text("service", &Event::service).says_("Where a service of the cloud asked"),
    text("address", &Event::address).says_("Of the client"),
    text("method", &Event::method),
    text("path", &Event::path),
    text("action", &Event::action),
    text("resource_type", &Event::resource_type),
    text("resource_id", &Event::resource_id),
    number("status", &Event::status).says_("0: the service ended before it answered"),
    computed<Event>("outcome",
                    [](const Event& e) {
                      return e.status == 0 ? "unknown" : e.status < 400 ? "success" : "failure";
                    })
        .typed("string"),
    text("error", &Event::error),
};

Event event_of(const Request& request, const Context& c, TimeUs now_us) {
  Event e;
  e.at_us = now_us;
  e.request_id = c.request_id.substr(0, 64);
  e.user_id = c.claims.user_id;
  e.user_name = c.claims.user_name;
  e.project_id = c.claims.project_id;
  e.domain_id =
      c.claims.scope == Claims::Scope::domain ? c.claims.domain_id : c.claims.user_domain_id;
  e.service = c.claims.service;
  e.address = request.peer;
  e.method = request.method;
  e.path = request.path.substr(0, kMaxText);
  if (c.route) name_resource(e, request, c);
  return e;
}

void complete(Event& e, const Context& c, const Error* error, const Response& response) {
  e.status = response.status;
  const Subject& told = c.subject;
  if (!told.type.empty()) e.resource_type = told.type;
  if (!told.action.empty()) e.action = told.action;
  if (!told.id.empty()) e.resource_id = told.id;
  if (!told.user_id.empty()) e.user_id = told.user_id;
  if (!told.project_id.empty()) e.project_id = told.project_id;
  // A collection's POST names what it made; "add member" to an image names the image.
  if (e.status < 300 && e.method == "POST" && e.resource_id.empty())
    e.resource_id = made_id(response).substr(0, kMaxText);
  if (!error) return;
  // What is wrong with an input may quote it, and the input may be a secret.
  bool input = error->code == ErrorCode::bad_request || error->code == ErrorCode::unprocessable;
  e.error =
      (input ? "refused: " + (error->field.empty() ? "the body" : error->field) : error->message)
          .substr(0, kMaxText);
}

}  // namespace nuri::conduct
