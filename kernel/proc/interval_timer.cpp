// SPDX-License-Identifier: MIT
/// @file
/// @brief SIGALRM, once or again and again.
/// @chapter signals
#include "proc/interval_timer.h"

#include "proc/process_tree.h"
#include "proc/signal_send.h"

namespace {

/// Owned by its process; destroyed with the process's belongings, which stops it.
class IntervalTimer final : public ThreadExtension, public Timer {
   public:
    explicit IntervalTimer(u32 of) : Timer(ring), pid_(of) {}
    u64 interval_ns = 0;

   private:
    /// From the timer interrupt. The process is looked up by its number: it may just be ending.
    static void ring(Timer& timer) {
        auto& self = static_cast<IntervalTimer&>(timer);
        const u64 again = self.interval_ns;
        if (again) self.start(self.when().after(again));
        TreeGuard tree;
        if (Process* process = processes::find(tree, self.pid_)) {
            (void)send_signal(tree, *process, nullptr, SignalInfo::kernel(kSigAlrm)).ok();
        }
    }
    const u32 pid_;
};

IntervalTimer* timer_of(Process& process) { return static_cast<IntervalTimer*>(process.interval_timer.get()); }

}  // namespace

// Only the process's own threads come here, so the timer is not taken away meanwhile; two of them at once disturb only each
// other's answers.
IntervalSetting interval_timer_setting() {
    const IntervalTimer* timer = timer_of(current_process());
    if (!timer || !timer->is_running()) return {};
    const u64 now = Clock::now().ns;
    // A clock that is about to ring has not rung.
    return {timer->when().ns > now ? timer->when().ns - now : 1, timer->interval_ns};
}

Result<IntervalSetting> set_interval_timer(const IntervalSetting& setting) {
    Process& process = current_process();
    const IntervalSetting old = interval_timer_setting();
    if (!process.interval_timer) {
        if (!setting.remaining_ns) return old;
        Owned<ThreadExtension> made = TRY(make_owned<IntervalTimer>(process.pid));
        TreeGuard tree;
        process.interval_timer = std::move(made);
    }
    IntervalTimer* timer = timer_of(process);
    timer->stop();
    timer->interval_ns = setting.interval_ns;
    if (setting.remaining_ns) timer->start(Clock::now().after(setting.remaining_ns));
    return old;
}
