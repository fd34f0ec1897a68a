#pragma once

#include "compute/agent/core/server_keeper.h"

namespace nuri::compute::agent {

// One pass over one server; lives on its worker's stack.
struct ServerKeeper::Run {
  const Desired& item;
  const ServerSpec& spec;
  Local& local;
  ServerFiles files;
  Actual actual;
  bool looked = false;        // `actual` is known
  bool record_dirty = false;
  bool waiting = false;  // for the guest: an event or the timer goes on from here
};

template <class F>
auto ServerKeeper::traced(Run& run, const char* stage, F f) -> decltype(f()) {
  TimeUs begin = clock_.now_us();
  auto result = f();
  auto& trace = run.local.record.trace;
  std::erase_if(trace, [&](const TraceStage& t) { return t.stage == stage; });
  trace.push_back({stage, begin, clock_.now_us()});
  run.record_dirty = true;
  return result;
}

}  // namespace nuri::compute::agent
