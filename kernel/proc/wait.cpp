// SPDX-License-Identifier: MIT
/// @file
/// @brief wait4 and waitid.
/// @chapter processes
#include "proc/wait.h"

#include "fs/file.h"
#include "proc/exit.h"
#include "proc/process_tree.h"

namespace {

bool is_meant(const Process& child, const WaitRequest& request) {
    switch (request.which) {
    case WaitRequest::Which::Any: return true;
    case WaitRequest::Which::Pid: return child.pid == request.id;
    case WaitRequest::Which::Group: return child.group_id() == request.id;
    }
    return false;
}

ResourceUse whole_use(const Process& child) {
    ResourceUse use = child.ended_threads_use;
    use.add(child.children_use);
    return use;
}

/// The child's change as it is to be reported, and noted as reported unless it is to be kept; pid 0: none.
ChildChange take_change(Process& child, const WaitRequest& request) {
    if (child.life == Process::Life::Zombie) {
        if (!request.exited) return {};
        return {child.pid, child.exit_status, whole_use(child)};
    }
    if (request.stopped && child.stop_unreported) {
        const int status = wait_status_of_stop(child.stop_unreported);
        if (!request.keep) child.stop_unreported = 0;
        return {child.pid, status, {}};
    }
    if (request.continued && child.continue_unreported) {
        if (!request.keep) child.continue_unreported = false;
        return {child.pid, kWaitStatusContinued, {}};
    }
    return {};
}

}  // namespace

Result<ChildChange> wait_for_child(const WaitRequest& request) {
    Process& self = current_process();
    // The zombie's last reference is dropped after the lock.
    Ref<Process> reaped;
    TreeGuard tree;
    // A signal, often the child's own SIGCHLD, ends the wait only when there is still nothing to report.
    for (Wake why = Wake::Event;; why = self.child_changed.wait(tree, Sleep::Interruptible)) {
        bool any = false;
        for (Process& child : self.children) {
            if (!is_meant(child, request)) continue;
            any = true;
            const ChildChange change = take_change(child, request);
            if (change.pid == 0) continue;
            if (child.life == Process::Life::Zombie && !request.keep) {
                self.children_use.add(change.use);
                reaped = processes::remove(tree, child);
            }
            return change;
        }
        if (!any) return Error{ECHILD};
        if (request.patience == WaitRequest::Patience::None) return ChildChange{};
        if (why == Wake::Interrupted) return Error{kRestartSyscall};
    }
}
