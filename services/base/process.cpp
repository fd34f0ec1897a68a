#include "services/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

extern char** environ;

namespace nuri {

namespace {
constexpr size_t kMaxOutput = 1 << 20;
constexpr size_t kMaxInput = 64 * 1024;
using Clock = std::chrono::steady_clock;

struct Pipe {
  int ends[2] = {-1, -1};
  bool open() { return pipe2(ends, O_CLOEXEC) == 0; }
  void close_end(int i) {
    if (ends[i] >= 0) close(ends[i]);
    ends[i] = -1;
  }
  ~Pipe() { close_end(0), close_end(1); }
};

int left_ms(Clock::time_point end) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

// A child must not inherit what the agent's threads block (SIGTERM, SIGINT).
Result<pid_t> spawn(const std::vector<std::string>& argv, const Pipe& in, const Pipe& out, const Pipe& err) {
  std::vector<char*> args;
  for (const auto& a : argv) args.push_back(const_cast<char*>(a.c_str()));
  args.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.ends[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, fresh;
  sigemptyset(&none);
  sigemptyset(&fresh);
  sigaddset(&fresh, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &fresh);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  int rc = posix_spawnp(&pid, args[0], &actions, &attributes, args.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (rc != 0) return internal("cannot start " + argv[0] + ": " + std::strerror(rc));
  return pid;
}

// False: the deadline passed. A grandchild may hold the pipes open; the child's end is what counts.
bool collect(int pidfd, Pipe& out, Pipe& err, ProcessResult& result, Clock::time_point end) {
  bool exited = false;
  while (true) {
    pollfd fds[3] = {{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}, {exited ? -1 : pidfd, POLLIN, 0}};
    int n = poll(fds, 3, exited ? 0 : left_ms(end));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return exited;
    bool read_some = false;
    for (int i = 0; i < 2; ++i) {
      if (!fds[i].revents) continue;
      Pipe& p = i == 0 ? out : err;
      std::string& text = i == 0 ? result.output : result.error_output;
      char buffer[8192];
      ssize_t got = read(p.ends[0], buffer, sizeof buffer);
      if (got <= 0) p.close_end(0);
      else if (text.size() < kMaxOutput) text.append(buffer, static_cast<size_t>(got));
      read_some = read_some || got > 0;
    }
    if (fds[2].revents) exited = true;
    if (exited && !read_some) return true;
  }
}
}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& argv, unsigned timeout_ms, std::string_view input) {
  if (argv.empty() || input.size() > kMaxInput) return internal("run_process: nothing to run, or too much input");
  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open()) return internal(std::string("pipe: ") + std::strerror(errno));
  if (!input.empty() && write(in.ends[1], input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
    return internal(std::string("pipe: ") + std::strerror(errno));
  }
  pid_t pid = TRY(spawn(argv, in, out, err));
  in.close_end(0), in.close_end(1), out.close_end(1), err.close_end(1);
  int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));  // glibc 2.36 declares pidfd_open without extern "C"
  ProcessResult result;
  bool done = pidfd >= 0 && collect(pidfd, out, err, result, Clock::now() + std::chrono::milliseconds(timeout_ms));
  if (!done) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (pidfd >= 0) close(pidfd);
  if (!done) return Error(ErrorCode::timeout, argv[0] + " did not end within " + std::to_string(timeout_ms) + " ms.");
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

Result<std::string> run_checked(const std::vector<std::string>& argv, unsigned timeout_ms, std::string_view input) {
  auto result = TRY(run_process(argv, timeout_ms, input));
  if (result.exit_code == 0) return std::move(result.output);
  std::string why = result.error_output;
  while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
  if (why.size() > 500) why.erase(0, why.size() - 500);
  return Error(ErrorCode::internal, argv[0] + " failed: " + (why.empty() ? "exit code " + std::to_string(result.exit_code) : why));
}

}  // namespace nuri
