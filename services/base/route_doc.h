#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/base/json.h"

// What a route says of itself for the OpenAPI document, from the field tables that read and write it.
namespace nuri {

// A JSON schema in a microversion: of what is read from a request, or of what an answer holds.
using Schema = std::function<Json(int version, bool reading)>;

Schema schema_of(Json fixed);                          // the same in each microversion
Schema wrapped(std::string member, Schema inner);      // {"server": ...}
Schema listed(std::string member, Schema inner);       // {"servers": [...]}

// The table must outlive the route: a namespace-scope constant.
template <class Table>
  requires requires(const Table& t) { t.schema(0, true); }
Schema schema_of(const Table& table) {
  return [&table](int version, bool reading) { return table.schema(version, reading); };
}

struct RouteDoc {
  struct Parameter {
    std::string name, type, says;
  };
  std::string summary;
  Schema reads, answers;  // of the whole body; empty: not said
  bool no_body = false;   // reads none: an action without an argument
  bool no_answer = false; // answers without a body
  int status = 0;         // of the success; 0: the method's usual one
  std::vector<Parameter> query;
};

}  // namespace nuri
