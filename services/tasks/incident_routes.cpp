#include "services/tasks/incident_routes.h"

#include "services/base/clock.h"
#include "services/base/schema_like.h"
#include "services/tasks/task.h"

namespace nuri::tasks {

void add_incident_routes(Router& router, db::Database& database) {
  router.add("GET", "/v1/incidents", Access::admin, [&database](const Request& request, Context&) -> Result<Response> {
    bool open_only = request.query.get("all") != "true";
    auto found = TRY(database.read([&](db::Session& s) { return incidents(s, open_only); }));
    Json list = Json::array();
    for (const Incident& i : found) {
      list.push_back(Json::object({{"number", i.number}, {"resource_id", i.task_id}, {"resource_type", i.kind}, {"step", i.step},
                                   {"why", i.why}, {"opened_at", iso_seconds(i.opened_us)},
                                   {"closed_at", i.closed_us ? Json(iso_seconds(*i.closed_us)) : Json()}}));
    }
    return Response::json(200, Json::object({{"incidents", std::move(list)}}));
  }).says("What did not end in time")
      .query("all", "boolean", "With those that are over")
      .answers(schema_like(R"({"incidents": [{"number": 1, "resource_id": "", "resource_type": "", "step": "", "why": "",
                               "opened_at": "", "closed_at": null}]})"));
}

}  // namespace nuri::tasks
