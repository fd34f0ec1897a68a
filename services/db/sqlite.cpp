#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>

#include "services/base/log.h"
#include "services/db/database.h"

namespace nuri::db {

namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr size_t kMaxStatements = 500;

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(SQLite::Statement& s) : s_(s) {}
  bool null(int c) const override { return s_.getColumn(c).isNull(); }
  int64_t i64(int c) const override { return s_.getColumn(c).getInt64(); }
  double real(int c) const override { return s_.getColumn(c).getDouble(); }
  std::string text(int c) const override { return s_.getColumn(c).getString(); }

 private:
  SQLite::Statement& s_;
};

DbError translate(const SQLite::Exception& e, std::string_view sql) {
  int primary = e.getErrorCode() & 0xff;
  auto kind = primary == SQLITE_CONSTRAINT ? DbError::Kind::constraint
              : primary == SQLITE_BUSY     ? DbError::Kind::busy
                                           : DbError::Kind::other;
  return DbError(kind, std::string(e.what()) + " in: " + std::string(sql.substr(0, 200)));
}

class Connection final : public Session {
 public:
  Connection(const std::string& path, bool writer)
      : db_(path, writer ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READONLY, kBusyTimeoutMs) {
    if (writer) {
      db_.exec("PRAGMA journal_mode=WAL");
      db_.exec("PRAGMA journal_size_limit=16777216");
    }
    // A committed answer survives a process killed; the last few may be lost with the machine's power
    // unless synchronous is FULL, which it is: creates answered are promises.
    db_.exec("PRAGMA synchronous=FULL");
    db_.exec("PRAGMA foreign_keys=ON");
    db_.exec("PRAGMA cache_size=-2000");
  }

  int64_t exec(std::string_view sql, const Args& args) override {
    Lease lease(*this, sql);
    try {
      bind(*lease.statement, args);
      while (lease.statement->executeStep()) {
      }
      return sqlite3_changes64(db_.getHandle());
    } catch (const SQLite::Exception& e) {
      throw translate(e, sql);
    }
  }

  void each(std::string_view sql, const Args& args, const std::function<void(const Row&)>& row) override {
    Lease lease(*this, sql);
    SQLite::Statement& s = *lease.statement;
    try {
      bind(s, args);
      SqliteRow r(s);
      while (s.executeStep()) row(r);
    } catch (const SQLite::Exception& e) {
      throw translate(e, sql);
    }
  }

  void after_commit(std::function<void()> f) override { after_.push_back(std::move(f)); }
  std::vector<std::function<void()>> take_after() { return std::exchange(after_, {}); }
  void plain(const char* sql) {
    try {
      db_.exec(sql);
    } catch (const SQLite::Exception& e) {
      throw translate(e, sql);
    }
  }

 private:
  // Lends the prepared statement of a text, and puts it back reset. A text already lent (a query
  // inside the same query's callback) gets a statement of its own.
  struct Lease {
    Lease(Connection& c, std::string_view sql) : connection(c), key(sql) {
      auto found = c.statements_.find(sql);
      if (found != c.statements_.end()) {
        statement = std::move(found->second);
        c.statements_.erase(found);
        return;
      }
      try {
        statement = std::make_unique<SQLite::Statement>(c.db_, key);
      } catch (const SQLite::Exception& e) {
        throw translate(e, sql);
      }
    }
    ~Lease() {
      statement->tryReset();
      if (connection.statements_.size() < kMaxStatements) connection.statements_.emplace(std::move(key), std::move(statement));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& connection;
    std::string key;
    std::unique_ptr<SQLite::Statement> statement;
  };

  static void bind(SQLite::Statement& s, const Args& args) {
    s.clearBindings();
    for (size_t i = 0; i < args.size(); ++i) {
      int at = static_cast<int>(i) + 1;
      const Value& v = args[i].value;
      if (auto* n = std::get_if<int64_t>(&v)) s.bind(at, *n);
      else if (auto* d = std::get_if<double>(&v)) s.bind(at, *d);
      else if (auto* t = std::get_if<std::string>(&v)) s.bind(at, *t);
      else s.bind(at);
    }
  }

  SQLite::Database db_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>, std::less<>> statements_;
  std::vector<std::function<void()>> after_;
};

Error error_from(const DbError& e) {
  switch (e.kind) {
    case DbError::Kind::constraint:
      return conflict("The resource conflicts with one that exists.").with_detail(e.what());
    case DbError::Kind::busy: return unavailable("The database is busy; try again.").with_detail(e.what());
    case DbError::Kind::other: return internal(e.what());
  }
  return internal(e.what());
}

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(Options options) : options_(std::move(options)), writer_(options_.path, true) {}

  Status migrate(std::string_view component, const std::vector<Migration>& migrations) override {
    Status made = run(true, [](Session& s) {
      s.exec("CREATE TABLE IF NOT EXISTS migrations (component TEXT NOT NULL, number BIGINT NOT NULL,"
             " PRIMARY KEY (component, number))");
      return true;
    });
    TRYV(std::move(made));
    for (const Migration& m : migrations) {
      TRYV(run(true, [&](Session& s) {
        if (s.count("SELECT count(*) FROM migrations WHERE component=?1 AND number=?2", {component, m.number})) return false;
        static_cast<Connection&>(s).plain(m.sql);
        s.exec("INSERT INTO migrations (component, number) VALUES (?1, ?2)", {component, m.number});
        return true;
      }));
    }
    return {};
  }

 protected:
  Status run(bool write, const std::function<bool(Session&)>& body) override {
    return write ? run_write(body) : run_read(body);
  }

 private:
  Status run_write(const std::function<bool(Session&)>& body) {
    std::vector<std::function<void()>> after;
    {
      std::lock_guard lock(write_mutex_);
      writer_.take_after();  // left by a callback that threw
      Status status = transaction(writer_, "BEGIN IMMEDIATE", body);
      after = writer_.take_after();
      if (!status) return status;
      if (!committed_) after.clear();
    }
    for (auto& f : after) f();
    return {};
  }

  Status run_read(const std::function<bool(Session&)>& body) {
    Reader reader(*this);
    try {
      if (!reader.connection) reader.connection = std::make_unique<Connection>(options_.path, false);
    } catch (const SQLite::Exception& e) {
      return internal(e.what());
    }
    bool ignored = false;
    return transaction(*reader.connection, "BEGIN", body, &ignored);
  }

  // One of the reading connections, waited for and given back.
  struct Reader {
    explicit Reader(SqliteDatabase& d) : owner(d) {
      std::unique_lock lock(d.read_mutex_);
      d.read_free_.wait(lock, [&] { return !d.idle_.empty() || d.open_readers_ < d.options_.readers; });
      if (d.idle_.empty()) {
        ++d.open_readers_;
      } else {
        connection = std::move(d.idle_.back());
        d.idle_.pop_back();
      }
    }
    ~Reader() {
      std::lock_guard lock(owner.read_mutex_);
      if (connection) owner.idle_.push_back(std::move(connection));
      else --owner.open_readers_;
      owner.read_free_.notify_one();
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    SqliteDatabase& owner;
    std::unique_ptr<Connection> connection;
  };

  Status transaction(Connection& c, const char* begin, const std::function<bool(Session&)>& body, bool* committed = nullptr) {
    bool& done = committed ? *committed : committed_;
    done = false;
    try {
      c.plain(begin);
      bool commit = false;
      try {
        commit = body(c);
        c.plain(commit ? "COMMIT" : "ROLLBACK");
        done = commit;
      } catch (...) {
        try { c.plain("ROLLBACK"); } catch (const DbError&) {}
        throw;
      }
      return {};
    } catch (const DbError& e) {
      return error_from(e);
    }
  }

  Options options_;
  std::mutex write_mutex_;
  Connection writer_;
  bool committed_ = false;  // of the last write transaction; under write_mutex_
  std::mutex read_mutex_;
  std::condition_variable read_free_;
  std::vector<std::unique_ptr<Connection>> idle_;
  unsigned open_readers_ = 0;
};

}  // namespace

namespace {

// A database holds what only its service may read (user data, password hashes). SQLite gives the
// files beside it (-wal, -shm) the database's own mode.
Status make_private(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return internal("open " + path + ": " + std::strerror(errno));
  bool done = fchmod(fd, 0600) == 0;
  ::close(fd);
  for (const char* beside : {"-wal", "-shm"}) chmod((path + beside).c_str(), 0600);
  return done ? Status{} : internal("chmod " + path + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(Options options) {
  TRYV(make_private(options.path));
  try {
    return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(options));
  } catch (const SQLite::Exception& e) {
    return internal("open " + options.path + ": " + e.what());
  }
}

}  // namespace nuri::db
