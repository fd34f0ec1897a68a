#include "services/conduct/idempotency.h"

#include <algorithm>

#include "services/base/log.h"

namespace nuri::conduct {

namespace {

constexpr const char* kHeader = "Idempotency-Key";
constexpr size_t kMaxCallersCounted = 10'000;

Status check_key(const std::string& key) {
  bool printable =
      std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (printable && !key.empty() && key.size() <= kMaxKey) return {};
  return bad_request("Idempotency-Key must have 1 to 255 printable ASCII characters.", kHeader);
}

// Parts that may hold anything, so that no two lists of them look the same.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (std::string_view part : parts) out += std::to_string(part.size()) + ":" + std::string(part);
  return out;
}

// Who asks. Where no token is needed (a login), the client's address stands for him.
std::string caller_of(const Request& request, const Context& c) {
  const Claims& k = c.claims;
  if (k.user_id.empty() && k.service.empty()) return joined({"address", request.peer});
  return joined({k.user_id, k.service, k.host, k.project_id, k.domain_id,
                 k.scope == Claims::Scope::system ? "system" : ""});
}

std::string packed(const Response& r) {
  Json headers = Json::array();
  for (const auto& [name, value] : r.headers.items()) headers.push_back(Json::array({name, value}));
  return Json::array({r.status, std::move(headers), r.body}).dump();
}

Result<Response> unpacked(const std::string& text) {
  Json parts = TRY(parse_json(text));
  Response r;
  r.status = static_cast<int>(parts.at(0).as_int());
  for (const Json& header : parts.at(1).as_array())
    r.headers.add(header.at(0).as_string(), header.at(1).as_string());
  r.body = parts.at(2).as_string();
  r.headers.set("Idempotency-Replayed", "true");
  return r;
}

bool keepable(const Response& r) {
  return r.status >= 200 && r.status < 300 && !r.file && !r.websocket &&
         r.body.size() <= kMaxKeptBytes;
}

}  // namespace

Result<std::unique_ptr<Idempotency::Run>> Idempotency::Run::begin(Idempotency& owner,
                                                                  const Request& request,
                                                                  const Context& c) {
  const std::string* key = request.headers.find(kHeader);
  if (!key || request.method != "POST" || request.body_file) return std::unique_ptr<Run>();
  TRYV(check_key(*key));
  std::unique_ptr<Run> run(new Run(owner));
  run->caller_ = owner.sealer_.mac(caller_of(request, c));
  run->id_ = owner.sealer_.mac(joined({run->caller_, request.method, request.path, *key}));
  run->mac_ = owner.sealer_.mac(
      joined({request.query.encode(), std::to_string(c.microversion), request.body}));
  if (!owner.claim(run->id_))
    return conflict("A request with this Idempotency-Key is under way.").with_retry(1);
  run->claimed_ = true;
  TRYV(run->look());
  if (!run->kept_) {
    TRYV(owner.room(run->caller_));
    run->counted_ = true;
  }
  return run;
}

Idempotency::Run::~Run() {
  if (!claimed_) return;
  std::lock_guard lock(owner_.mutex_);
  owner_.under_way_.erase(id_);
  auto count = owner_.counts_.find(caller_);
  if (counted_ && !kept_row_ && count != owner_.counts_.end() && count->second > 0) --count->second;
}

Status Idempotency::Run::look() {
  struct Row {
    std::string mac;
    std::optional<std::string> answer;
  };
  TimeUs oldest = owner_.clock_.now_us() - kKeptUs;
  auto row = TRY(owner_.db_.read([&](db::Session& s) {
    return s.one("SELECT request_mac, answer FROM kept_answers WHERE id=?1 AND created_us>=?2",
                 {id_, oldest}, [](const db::Row& r) {
                   return Row{r.text(0), r.opt_text(1)};
                 });
  }));
  if (!row) return {};
  if (row->mac != mac_)
    return Error(
        ErrorCode::unprocessable,
        "This Idempotency-Key was used with another request: another body, query or version.",
        kHeader);
  auto text = row->answer ? owner_.sealer_.open(*row->answer, id_)
                          : Result<std::string>(internal("no answer"));
  if (!text)
    return conflict(
        "The first request with this Idempotency-Key was cut off after it had changed something, "
        "so it is not done "
        "again. Look at what it made before asking with another key.");
  kept_ = TRY(unpacked(*text));
  return {};
}

Status Idempotency::Run::write(db::Session& s, const Response* answer) {
  bool keep = answer && keepable(*answer);
  std::string text = keep ? packed(*answer) : "";
  std::optional<std::string> sealed;
  if (keep) sealed = TRY(owner_.sealer_.seal(text, id_));
  TimeUs now = owner_.clock_.now_us();
  if (written_) {
    s.exec("UPDATE kept_answers SET answer=?2 WHERE id=?1", {id_, sealed});
  } else {
    s.exec("DELETE FROM kept_answers WHERE id=?1 AND created_us<?2", {id_, now - kKeptUs});
    s.exec(
        "INSERT INTO kept_answers (id, owner, request_mac, answer, created_us) VALUES (?1, ?2, ?3, "
        "?4, ?5)",
        {id_, caller_, mac_, sealed, now});
  }
  s.after_commit([this, text = std::move(text)] {
    written_ = true;
    answer_ = text;
  });
  return {};
}

Status Idempotency::Run::before_commit(db::Session& s, const Response* answer) {
  if (written_ && !answer) return {};
  return write(s, answer);
}

void Idempotency::Run::finish(const Result<Response>& outcome) {
  bool done = outcome && outcome->status >= 200 && outcome->status < 300;
  Status kept;
  kept_row_ = done;
  if (!done && written_) {
    kept = owner_.db_.write(
        [&](db::Session& s) { s.exec("DELETE FROM kept_answers WHERE id=?1", {id_}); });
  } else if (done && (!written_ || packed(*outcome) != answer_)) {
    kept = owner_.db_.write([&](db::Session& s) { return write(s, &*outcome); });
  }
  // The change itself stands; a retry is told that it was cut off, where the row has no answer.
  if (!kept)
    log::error("an answer could not be kept",
               {{"why", kept.error().message}, {"detail", kept.error().detail}});
}

bool Idempotency::claim(const std::string& id) {
  std::lock_guard lock(mutex_);
  return under_way_.insert(id).second;
}

// How many keys a caller has is looked up once and then counted, so it is an upper bound.
Status Idempotency::room(const std::string& caller) {
  std::unique_lock lock(mutex_);
  auto found = counts_.find(caller);
  if (found == counts_.end()) {
    lock.unlock();
    int64_t n = TRY(db_.read([&](db::Session& s) {
      return s.count("SELECT count(*) FROM kept_answers WHERE owner=?1", {caller});
    }));
    lock.lock();
    if (counts_.size() >= kMaxCallersCounted) counts_.clear();
    found = counts_.emplace(caller, n).first;
  }
  if (++found->second <= kMaxKeptEach) return {};
  --found->second;
  return Error(ErrorCode::too_many_requests,
               "At most " + std::to_string(kMaxKeptEach) +
                   " Idempotency-Keys are kept at a time; each for a day.",
               kHeader);
}

Status Idempotency::trim() {
  TRYV(db_.write([&](db::Session& s) {
    s.exec("DELETE FROM kept_answers WHERE created_us<?1", {clock_.now_us() - kKeptUs});
  }));
  std::lock_guard lock(mutex_);
  counts_.clear();
  return {};
}

}  // namespace nuri::conduct
