// SPDX-License-Identifier: MIT
/// @file
/// @brief What terminals ask of processes: sessions, groups, signals.
/// @chapter terminal
#include "drivers/tty.h"
#include "proc/process_tree.h"
#include "proc/signal_send.h"

namespace {

class ProcessJobControl final : public JobControl {
   public:
    u32 session() override {
        TreeGuard tree;
        return current_process().session_id();
    }
    u32 group() override {
        TreeGuard tree;
        return current_process().group_id();
    }
    bool is_session_leader() override {
        TreeGuard tree;
        return current_process().session_id() == current_process().pid;
    }
    bool ignores(int signal) override { return current_ignores(signal); }
    bool group_is_orphaned() override {
        TreeGuard tree;
        return is_orphaned(tree, *current_process().group);
    }
    bool group_is_in(u32 group, u32 session) override {
        TreeGuard tree;
        const Process* member = processes::find_group_member(tree, group);
        return member && member->session_id() == session;
    }
    void signal_group(u32 group, int signal) override {
        static_cast<void>(::signal_group(group, SignalInfo::kernel(signal)));
    }
    Ref<Terminal> terminal() override {
        TreeGuard tree;
        return current_process().group->session->terminal;
    }
    /// The old reference dies after the lock is let go.
    void set_terminal(Ref<Terminal> terminal) override {
        TreeGuard tree;
        std::swap(current_process().group->session->terminal, terminal);
    }
};

constinit ProcessJobControl jobs;

}  // namespace

JobControl& process_job_control() { return jobs; }
