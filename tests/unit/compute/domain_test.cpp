#include <gtest/gtest.h>

#include <algorithm>

#include "compute/domain/server.h"
#include "compute/domain/ssh_key.h"
#include "compute/scheduler/plan.h"

namespace nuri::compute::test {

TEST(Transitions, TableOfActions) {
  struct Case {
    Action action;
    VmState vm;
    TaskState task;
    bool ok;
  };
  using enum VmState;
  for (const Case& c : {Case{Action::start, stopped, TaskState::none, true},
                        {Action::start, active, TaskState::none, false},
                        {Action::stop, active, TaskState::none, true},
                        {Action::stop, active, TaskState::rebooting, false},
                        {Action::stop, error, TaskState::none, true},
                        {Action::soft_reboot, stopped, TaskState::none, false},
                        {Action::hard_reboot, stopped, TaskState::none, true},
                        {Action::hard_reboot, active, TaskState::rebooting, true},
                        {Action::hard_reboot, active, TaskState::deleting, false},
                        {Action::attach_volume, building, TaskState::spawning, false},
                        {Action::attach_volume, stopped, TaskState::none, true},
                        {Action::attach_volume, error, TaskState::none, false},
                        {Action::detach_volume, error, TaskState::none, true},
                        {Action::console, building, TaskState::spawning, true},
                        {Action::console, deleted, TaskState::none, false}}) {
    Server s;
    s.id = "i";
    s.vm_state = c.vm;
    s.task_state = c.task;
    s.host = "h";
    s.launched_us = 1;
    auto r = allow(c.action, s);
    EXPECT_EQ(r.ok(), c.ok) << static_cast<int>(c.action) << " in " << name_of(c.vm) << "/"
                            << name_of(c.task);
    if (!r) {
      EXPECT_EQ(r.error().code, ErrorCode::conflict);
    }
  }
}

TEST(Transitions, WhatNeverRanCannotBeRunAgain) {
  Server s;
  s.task_state = TaskState::none;
  for (auto vm : {VmState::active, VmState::stopped, VmState::error}) {
    s.vm_state = vm;
    for (auto a : {Action::start, Action::stop, Action::soft_reboot, Action::hard_reboot,
                   Action::attach_volume, Action::attach_interface, Action::detach_interface})
      EXPECT_FALSE(allow(a, s).ok()) << static_cast<int>(a) << " in " << name_of(vm);
    EXPECT_TRUE(allow(Action::detach_volume, s).ok());
  }
  s.vm_state = VmState::error;
  EXPECT_NE(allow(Action::stop, s).error().message.find("it has never run"), std::string::npos);
}

TEST(Transitions, EveryStatusComesBackFromItsStates) {
  for (auto vm :
       {VmState::building, VmState::active, VmState::stopped, VmState::error, VmState::deleted,
        VmState::paused, VmState::suspended, VmState::rescued, VmState::resized, VmState::shelved,
        VmState::shelved_offloaded}) {
    EXPECT_EQ(vm_state_of(name_of(vm)), vm);
    for (auto task :
         {TaskState::none, TaskState::rebooting, TaskState::rebooting_hard, TaskState::deleting,
          TaskState::rebuilding, TaskState::resize_migrating, TaskState::resize_finish,
          TaskState::resize_reverting, TaskState::unshelving}) {
      EXPECT_EQ(task_state_of(name_of(task)), task);
      bool found = false;
      for (const auto& p : states_of(status_of(vm, task))) {
        bool any =
            p.tasks.empty() || std::find(p.tasks.begin(), p.tasks.end(), task) != p.tasks.end();
        found = found || (p.vm == vm && any);
      }
      EXPECT_TRUE(found) << name_of(vm) << "/" << name_of(task);
    }
  }
  EXPECT_TRUE(states_of("NONSENSE").empty());
}

TEST(Transitions, CrashIsAFaultThatAHardRebootMends) {
  Server s;
  s.vm_state = VmState::active;
  s.task_state = TaskState::none;
  Observation o;
  o.phase = "ready";
  o.power = "crashed";
  EXPECT_TRUE(apply_observation(s, o, 5));
  EXPECT_EQ(s.vm_state, VmState::error);
  EXPECT_FALSE(s.fault_message.empty());
  s.task_state = TaskState::rebooting_hard;
  s.reboot_count = 1;
  s.task_since_us = 5;
  EXPECT_FALSE(apply_observation(s, o, 6)) << "the reboot has not been done yet";
  o.power = "running";
  o.reboot_count = 1;
  EXPECT_TRUE(apply_observation(s, o, 7));
  EXPECT_EQ(s.vm_state, VmState::active);
  EXPECT_TRUE(s.fault_message.empty());
}

TEST(Transitions, AnActionIsOverOnlyWithItsOwnEnd) {
  Server s;
  s.vm_state = VmState::active;
  s.task_state = TaskState::rebuilding;
  s.disk_number = 2;
  s.spec_revision = 5;
  Observation o;
  o.revision = 5;
  o.phase = "ready";
  o.power = "running";
  o.disk_number = 1;
  EXPECT_TRUE(apply_observation(s, o, 1));  // the power only
  EXPECT_EQ(s.task_state, TaskState::rebuilding) << "the old disk still";
  o.disk_number = 2;
  o.revision = 4;
  EXPECT_FALSE(apply_observation(s, o, 1)) << "an older wish's";
  o.revision = 5;
  EXPECT_TRUE(apply_observation(s, o, 1));
  EXPECT_EQ(s.task_state, TaskState::none);
}

TEST(Transitions, ResizeHoldsRoomForEitherFlavor) {
  Server s;
  s.vcpus = 2;
  s.ram_mib = 512;
  s.disk_gib = 1;
  Server other = s;
  other.vcpus = 1;
  other.ram_mib = 2048;
  other.disk_gib = 4;
  s.resize = Json::object({{"old", flavor_part(s)}, {"new", flavor_part(other)}}).dump();
  hold_for_resize(s);
  EXPECT_EQ(s.extra_vcpus, 0);
  EXPECT_EQ(s.extra_ram_mib, 1536);
  EXPECT_EQ(s.extra_disk_gib, 3);
  take_flavor(s, flavor_part(other));
  hold_for_resize(s);
  EXPECT_EQ(s.extra_vcpus, 1);
  EXPECT_EQ(s.extra_ram_mib, 0);
  s.resize = "null";
  hold_for_resize(s);
  EXPECT_EQ(s.extra_vcpus, 0);
}

TEST(Devices, EndBeforeTheConfigDrive) {
  std::vector<ServerVolume> taken;
  EXPECT_EQ(free_device(taken, "vdc"), "/dev/vdc");
  EXPECT_EQ(free_device(taken, "/dev/vdz"), "/dev/vdb");
  EXPECT_EQ(free_device(taken, "/dev/sda; rm"), "/dev/vdb");
  for (char c = 'b'; c <= 'y'; ++c) {
    taken.emplace_back();
    taken.back().device = std::string("/dev/vd") + c;
  }
  EXPECT_EQ(free_device(taken, ""), "");
}

TEST(Hostname, OutOfAnyName) {
  EXPECT_EQ(hostname_from("My Server_1.local", "id"), "my-server-1-local");
  EXPECT_EQ(hostname_from("\xea\xb0\x80", "id"), "server-id");
  EXPECT_EQ(hostname_from("--a--", "id"), "a");
  EXPECT_EQ(hostname_from(std::string(100, 'x'), "id").size(), 63u);
}

TEST(Plan, RoomiestHostWinsAndReasonsAreCounted) {
  std::vector<HostCapacity> hosts = {{"a", "z1", true, true, 4, 4096, 50, 0, 3000, 0},
                                     {"b", "z1", true, true, 4, 8192, 50, 0, 0, 0},
                                     {"c", "z2", false, true, 4, 90000, 50, 0, 0, 0}};
  EXPECT_EQ(place(hosts, {1, 512, 10, "", ""}).host, "b");
  Plan none = place(hosts, {1, 9000, 10, "", ""});
  EXPECT_EQ(none.text(),
            "No valid host was found: 1 host: service: c is down; 2 hosts: memory: needs 9000 MiB, "
            "the roomiest has 7680 MiB free");
  EXPECT_EQ(place(hosts, {1, 512, 10, "z2", ""}).refusals.back().constraint, "zone");
  EXPECT_EQ(place(hosts, {1, 512, 60, "", ""}).refusals.back().nearest,
            "needs 60 GiB, the roomiest has 50 GiB free");
  EXPECT_EQ(place(hosts, {5, 512, 1, "", ""}).refusals.back().constraint, "vcpus");
  EXPECT_EQ(place(hosts, {1, 512, 1, "", "a"}).host, "a");
  EXPECT_EQ(place({}, {1, 1, 1, "", ""}).text(),
            "No valid host was found: no host has reported to this cloud yet");
}

TEST(SshKey, GeneratedKeyIsImportable) {
  auto made = generate_ssh_key("c");
  ASSERT_TRUE(made.ok());
  auto back = import_ssh_key(made->public_key + "\n");
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->fingerprint, made->fingerprint);
  EXPECT_EQ(made->fingerprint.size(), 47u);
  EXPECT_TRUE(made->private_key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
}

TEST(SshKey, WhatIsNoKeyIsRefused) {
  for (const char* text :
       {"", "ssh-rsa", "ssh-rsa !!!!", "ssh-rsa AAAA", "ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQAB",
        "nothing AAAAB3NzaC1yc2EAAAADAQABAAAA", "a\nb c"}) {
    EXPECT_FALSE(import_ssh_key(text).ok()) << text;
  }
}

}  // namespace nuri::compute::test
