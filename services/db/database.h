#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "services/base/json.h"
#include "services/base/result.h"

namespace nuri {
struct Response;
}

// The only door to a database. SQL is the subset that SQLite and PostgreSQL share: TEXT, BIGINT,
// DOUBLE PRECISION; ?1..?n parameters; INSERT ... ON CONFLICT DO UPDATE/NOTHING; RETURNING; no
// rowid, no AUTOINCREMENT, no date functions, JSON and booleans kept in TEXT and BIGINT 0/1.
namespace nuri::db {

using Value = std::variant<std::nullptr_t, int64_t, double, std::string>;

// A parameter of a statement; made from what code has at hand.
struct Arg {
  Value value;
  Arg(std::nullptr_t) : value(nullptr) {}
  Arg(bool b) : value(static_cast<int64_t>(b)) {}
  template <class T>
    requires(std::integral<T> && !std::same_as<T, bool>)
  Arg(T i) : value(static_cast<int64_t>(i)) {}
  Arg(double d) : value(d) {}
  Arg(std::string s) : value(std::move(s)) {}
  Arg(std::string_view s) : value(std::string(s)) {}
  Arg(const char* s) : value(std::string(s)) {}
  Arg(const Json& j) : value(j.dump()) {}  // stored as text
  template <class T>
  Arg(const std::optional<T>& o) : value(o ? Arg(*o).value : Value(nullptr)) {}
};
using Args = std::vector<Arg>;

// The current row of a running query; valid inside the callback only. Columns from 0.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool null(int column) const = 0;
  virtual int64_t i64(int column) const = 0;       // 0 if null
  virtual double real(int column) const = 0;       // 0 if null
  virtual std::string text(int column) const = 0;  // "" if null
  bool flag(int column) const { return i64(column) != 0; }
  std::optional<std::string> opt_text(int column) const { return null(column) ? std::nullopt : std::optional(text(column)); }
  std::optional<int64_t> opt_i64(int column) const { return null(column) ? std::nullopt : std::optional(i64(column)); }
  Json json(int column) const { return null(column) ? Json() : parse_json(text(column)).value_or(Json()); }
};

// Thrown inside read() and write() callbacks by a statement that fails; caught there and turned
// into an Error (unique or foreign key: conflict; else internal). Code need not catch it.
struct DbError : std::runtime_error {
  enum class Kind { constraint, busy, other } kind;
  DbError(Kind k, const std::string& what) : std::runtime_error(what), kind(k) {}
};

// Statements inside one transaction. Statements are prepared once a connection and kept.
class Session {
 public:
  virtual ~Session() = default;
  // Returns the number of rows changed.
  virtual int64_t exec(std::string_view sql, const Args& args = {}) = 0;
  virtual void each(std::string_view sql, const Args& args, const std::function<void(const Row&)>& row) = 0;

  // The first row turned into T by `make`, or nullopt.
  template <class F>
  auto one(std::string_view sql, const Args& args, F make) -> std::optional<decltype(make(std::declval<const Row&>()))> {
    std::optional<decltype(make(std::declval<const Row&>()))> out;
    each(sql, args, [&](const Row& r) { if (!out) out = make(r); });
    return out;
  }
  template <class F>
  auto all(std::string_view sql, const Args& args, F make) -> std::vector<decltype(make(std::declval<const Row&>()))> {
    std::vector<decltype(make(std::declval<const Row&>()))> out;
    each(sql, args, [&](const Row& r) { out.push_back(make(r)); });
    return out;
  }
  int64_t count(std::string_view sql, const Args& args = {}) {
    return one(sql, args, [](const Row& r) { return r.i64(0); }).value_or(0);
  }
  // Runs `f` after the commit, on the committing thread (to wake a task runner). Dropped on rollback.
  virtual void after_commit(std::function<void()> f) = 0;
};

struct Migration {
  int number = 0;         // 1, 2, 3...: never changed once landed
  const char* sql = "";   // statements separated by ;
};

struct Options {
  std::string path;       // a file; ":memory:" is not supported (readers need a file)
  unsigned readers = 4;
};

// Takes part in the writes of one thread: what must be true together with a change is written in
// the change's own transaction.
class WriteHook {
 public:
  virtual ~WriteHook() = default;
  // Before the commit of each write that will commit; an Error rolls it back and is the write's.
  // `answer`: the Response that the write's function returned, nullptr where it returned something else.
  virtual Status before_commit(Session& s, const Response* answer) = 0;
};

class Database;

// While it lives, this thread's writes to `database` go through `hook`. Not nested.
class Hooked {
 public:
  Hooked(Database& database, WriteHook& hook);
  ~Hooked();
  Hooked(const Hooked&) = delete;
  Hooked& operator=(const Hooked&) = delete;
};

class Database {
 public:
  // Opens or creates, applies the migrations not yet applied, each in its transaction. `component`
  // numbers its own migrations: a service's database holds those of tasks, feed and the service.
  static Result<std::unique_ptr<Database>> open(Options options);
  virtual ~Database() = default;
  virtual Status migrate(std::string_view component, const std::vector<Migration>& migrations) = 0;

  // A consistent snapshot; many at once. `f(Session&)` returns any T; errors become Result<T>.
  template <class F>
  auto read(F f) {
    return run_typed(false, std::move(f));
  }
  // BEGIN IMMEDIATE; one at a time. `f(Session&)` returns T or Result<T>; an Error rolls back.
  // No I/O, no other database, no long work inside.
  template <class F>
  auto write(F f) {
    return run_typed(true, std::move(f));
  }

 protected:
  // Runs body in a transaction; body returns whether to commit.
  virtual Status run(bool write, const std::function<bool(Session&)>& body) = 0;

 private:
  WriteHook* hook_here() const;  // of this thread and this database
  template <class R> struct Lift { using type = Result<R>; };
  template <class R> struct Lift<Result<R>> { using type = Result<R>; };
  template <class F>
  auto run_typed(bool write, F f) {
    using R = decltype(f(std::declval<Session&>()));
    using Out = typename Lift<R>::type;
    WriteHook* hook = write ? hook_here() : nullptr;
    if constexpr (std::is_void_v<R>) {
      Status hooked;
      Status status = run(write, [&](Session& s) {
        f(s);
        if (hook) hooked = hook->before_commit(s, nullptr);
        return hooked.ok();
      });
      return status ? hooked : status;
    } else {
      std::optional<Out> out;
      Status status = run(write, [&](Session& s) {
        out.emplace(f(s));
        if (!hook || !out->ok()) return out->ok();
        const Response* answer = nullptr;
        if constexpr (std::is_same_v<Out, Result<Response>>) answer = &out->value();
        Status hooked = hook->before_commit(s, answer);
        if (!hooked) out.emplace(std::move(hooked).error());
        return out->ok();
      });
      if (!status) return Out(std::move(status).error());
      return std::move(*out);
    }
  }
};

}  // namespace nuri::db
