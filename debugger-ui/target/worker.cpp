// SPDX-License-Identifier: MIT
/// @file
/// @brief Running, stopping and looking at a machine.
/// @chapter observability
#include "debugger-ui/target/worker.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "debugger-ui/model/recording.h"
#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

/// How often a running machine is looked at: by its shared memory, or by stopping it for a moment.
constexpr auto kLookShared = std::chrono::milliseconds(33), kLookStopping = std::chrono::milliseconds(250);
/// How many times as long as such a stop the machine runs before the next: over a slow line, a look takes its time.
constexpr int kRunsForLook = 10;
constexpr usize kLogLines = 200;
/// Packets of the protocol that are kept, and how much of each.
constexpr usize kPackets = 200, kPacketText = 120;
constexpr u64 kNanoseconds = 1'000'000'000;

}  // namespace

Worker::Worker(Session& session, const TargetPlace& place, StartAt start)
    : session_(session),
      target_(place),
      capture_(target_.symbols(), place),
      standing_(target_.stopped_by_connecting()),
      stops_(target_),
      message_("stopped by connecting") {
    target_.set_listener([this](char direction, std::string_view payload) { log_packet(direction, payload); });
    if (start != StartAt::FirstNestedFault) return;
    stops_.seek(*standing_, RunToFirstFault{}, PhysAddr(0));
    message_ = "running to the first nested fault";
    let_run();
}

void Worker::run() {
    show();
    for (;;) {
        for (std::optional<Request> request; !leaves_ && (request = session_.take_request());) handle(*request);
        std::unique_lock lock(session_.mutex_);
        if (session_.ending_ || leaves_) {
            lock.unlock();
            // Nobody will look any more: the guest need not be slow.
            if (slowed_) perform(SetPace{});
            return;
        }
        if (!session_.requests_.empty()) continue;
        if (standing_) {
            lock.unlock();
            if (catch_up()) continue;
            lock.lock();
            if (!session_.requests_.empty()) continue;
            session_.changed_.wait(lock, [&] { return session_.ending_ || !session_.requests_.empty(); });
            continue;
        }
        lock.unlock();
        target_.wait_for_news_or(session_.bell_.get(), machine::Deadline(next_look_));
        eventfd_t rung = 0;
        ::eventfd_read(session_.bell_.get(), &rung);
        if (auto stopped = target_.poll()) {
            standing_ = std::move(stopped);
            on_stop();
        } else if (machine::Clock::now() >= next_look_) {
            look_while_running();
        }
    }
}

void Worker::handle(const Request& request) {
    try {
        std::visit([&](const auto& one) { perform(one); }, request);
    } catch (const machine::Timeout&) { throw; } catch (const machine::Error& problem) {
        // What was asked for cannot be done; whether the machine is still there shows with the next thing asked.
        message_ = problem.what();
        say(message_);
    }
    session_.note_handled();
    if (!leaves_) show();
    extent_ = Extent::Selection;
}

void Worker::perform(const Detach&) { leaves_ = true; }

void Worker::perform(const Select& request) { selection_ = request.selection; }

void Worker::perform(const Run&) {
    if (!standing_) return;
    message_.clear();
    focus_.reset();
    let_run();
}

void Worker::perform(const Interrupt&) {
    if (standing_) return;
    standing_ = target_.interrupt();
    stops_.give_up(*standing_);
    stand("stopped by you");
}

void Worker::perform(const StepInstruction&) {
    if (!standing_) return;
    capture_.moves();
    standing_ = target_.step(std::move(*standing_));
    stand("after one instruction");
}

void Worker::run_to(Goal goal, const char* message) {
    focus_.reset();
    const Process* process = main_process(*session_.latest());
    const PhysAddr root(selection_.root != 0 ? selection_.root : process ? process->root.raw : 0);
    while_standing([&](const Standing& standing) { stops_.seek(standing, std::move(goal), root); });
    message_ = message;
    if (standing_) let_run();
}

void Worker::perform(const RunToNestedFault& request) { run_to(request, "running to the next nested fault"); }
void Worker::perform(const RunToExit& request) { run_to(request, "running to the next VM exit"); }
void Worker::perform(const RunToEntryChange& request) { run_to(request, "running until the entry is written"); }
void Worker::perform(const RunIntoGuest& request) { run_to(request, "running into the guest"); }

void Worker::perform(const StepLine& request) {
    if (!standing_) return;
    capture_.moves();
    focus_.reset();
    const bool in_guest = !capture_.core_is_in_host();
    if (request.depth == StepLine::Depth::Over && in_guest) {
        // One instruction; where it leaves the guest, the guest's next one.
        standing_ = target_.step(std::move(*standing_));
        const VirtAddr rip(target_.registers(*standing_)["rip"]);
        if (target_.symbols().physical_of(rip)) return run_to(RunIntoGuest{}, "running back into the guest");
        return stand("after one instruction");
    }
    step_on(begin_line_step(target_, *standing_, request.depth));
}

void Worker::step_on(LineStep step) {
    const std::optional<RunToReturn> detour = go_on(target_, *standing_, step);
    if (!detour) return stand("at the next line");
    stops_.seek(*standing_, *detour, PhysAddr(0));
    line_step_ = step;
    message_ = "running over what the line calls";
    let_run();
}

void Worker::perform(const SwitchBreakpoint& request) {
    while_standing([&](const Standing& standing) { stops_.toggle(standing, request); });
}

void Worker::perform(const ToggleBreakpoint& request) {
    stops_.set_guest_symbols(capture_.guest_symbols());
    stops_.set_vmm_symbols(capture_.vmm_symbols(*session_.latest()));
    while_standing([&](const Standing& standing) { stops_.toggle(standing, request); });
}

void Worker::perform(const ToggleWatchpoint& request) {
    while_standing([&](const Standing& standing) { stops_.toggle(standing, request); });
}

void Worker::perform(const SetPace& request) {
    const u64 wait = request.faults_per_second == 0 ? 0 : kNanoseconds / request.faults_per_second;
    slowed_ = wait != 0;
    while_standing([&](const Standing& standing) {
        target_.write_physical(standing, capture_.place_of_pace(), {reinterpret_cast<const u8*>(&wait), sizeof(wait)});
    });
}

void Worker::perform(const Save& request) {
    std::optional<Snapshot> whole;
    while_standing([&](const Standing& standing) {
        whole = capture(Extent::AllPairs, &standing);
        while (whole->records_behind > 0) capture_.take_records(reader(&standing), *whole);
    });
    save_recording(*whole, request.file);
    say("saved " + request.file);
}

void Worker::perform(const GatherAllPairs&) { extent_ = Extent::AllPairs; }

// What the window does by itself.
void Worker::perform(const TypeKeys&) {}
void Worker::perform(const CopyText&) {}

template <class Look>
void Worker::while_standing(Look&& look) {
    if (standing_) return look(*standing_);
    Standing here = target_.interrupt();
    const auto go_on = [&] {
        if (target_.last_cause() != StopCause::Breakpoint) return target_.resume(std::move(here));
        // It reached a breakpoint at that very moment: that stop is not to be lost.
        standing_ = std::move(here);
        on_stop();
    };
    try {
        look(here);
    } catch (const machine::Timeout&) { throw; } catch (const machine::Error&) {
        go_on();
        throw;
    }
    go_on();
}

void Worker::let_run() {
    capture_.moves();
    target_.resume(std::move(*standing_));
    standing_.reset();
    next_look_ = machine::Clock::now() + (target_.reads_while_running() ? kLookShared : kLookStopping);
}

void Worker::on_stop() {
    Verdict verdict = stops_.judge(*standing_);
    switch (verdict.action) {
    case Verdict::Action::GoOn: return let_run();
    case Verdict::Action::StepInto:
        stops_.give_up(*standing_);
        standing_ = target_.step(std::move(*standing_));
        verdict.message = "in the guest, at its first instruction after the VM entry";
        break;
    case Verdict::Action::StepOn:
        stops_.give_up(*standing_);
        if (const auto step = std::exchange(line_step_, std::nullopt)) {
            step_on(*step);
            return show();
        }
        break;
    case Verdict::Action::Stand:
        if (std::exchange(line_step_, std::nullopt)) stops_.give_up(*standing_);
        break;
    }
    focus_ = verdict.focus;
    stand(verdict.message);
    if (focus_) selection_ = focused(selection_, *focus_);
    show();
}

void Worker::stand(std::string message) {
    message_ = std::move(message);
    ++session_.stops_;
    // Where it stands now is what is read, not where somebody looked before.
    selection_.frame = 0;
    selection_.core = 0;
    selection_.code.clear();
    if (focus_) focus_->stop = session_.stops_;
    say(message_);
}

void Worker::look_while_running() {
    if (target_.reads_while_running()) {
        next_look_ = machine::Clock::now() + kLookShared;
        return session_.publish(capture(extent_, nullptr));
    }
    const auto begin = machine::Clock::now();
    std::optional<Snapshot> seen;
    while_standing([&](const Standing& standing) { seen = capture(extent_, &standing); });
    const auto end = machine::Clock::now();
    next_look_ = end + std::max<machine::Clock::duration>(kLookStopping, kRunsForLook * (end - begin));
    if (!standing_) session_.publish(std::move(*seen));
}

ReadPhysical Worker::reader(const Standing* standing) {
    return [this, standing](PhysAddr from, std::span<u8> into) {
        if (target_.reads_while_running()) return target_.read_shared(from, into);
        return standing && target_.read_physical(*standing, from, into);
    };
}

bool Worker::catch_up() {
    Snapshot snapshot = *session_.latest();
    if (snapshot.records_behind == 0) return false;
    capture_.take_records(reader(&*standing_), snapshot);
    session_.publish(std::move(snapshot));
    return true;
}

Snapshot Worker::capture(Extent extent, const Standing* standing) {
    Snapshot snapshot;
    snapshot.state = standing_ ? MachineState::Stopped : MachineState::Running;
    snapshot.stops = session_.stops_;
    snapshot.message = message_;
    snapshot.focus = focus_;
    snapshot.log_lines.assign(log_lines_.begin(), log_lines_.end());
    snapshot.packets.assign(packets_.begin(), packets_.end());
    snapshot.breakpoints = stops_.list();
    const ReadPhysical read = reader(standing);
    if (standing_ && !target_.reads_while_running() && extent == Extent::Selection) {
        capture_.keep_pages();
    } else {
        capture_.moves();
    }
    // The core first: while it is in a guest, it alone knows the guest's page tables.
    if (standing_) capture_.take_core(target_, *standing_, selection_, snapshot);
    capture_.take_memory(read, selection_, extent, snapshot);
    if (standing_) {
        capture_.take_surroundings(target_, *standing_, read, selection_, snapshot);
        take_place_to_read(snapshot);
    }
    return snapshot;
}

/// Shows the code that somebody wants to read instead of the frame's.
void Worker::take_place_to_read(Snapshot& snapshot) {
    if (selection_.code.empty()) return;
    try {
        capture_.take_code(target_, *standing_, stops_.address_of_place(selection_.code), snapshot);
    } catch (const machine::Timeout&) { throw; } catch (const machine::Error& problem) {
        snapshot.message = problem.what();
    }
}

void Worker::show() {
    if (!standing_) return look_while_running();
    session_.publish(capture(extent_, &*standing_));
}

void Worker::say(std::string line) {
    log_lines_.push_back(std::move(line));
    if (log_lines_.size() > kLogLines) log_lines_.pop_front();
}

void Worker::log_packet(char direction, std::string_view payload) {
    std::string line{direction, ' '};
    for (const char c : payload.substr(0, kPacketText)) line += c >= ' ' && c <= '~' ? c : '.';
    if (payload.size() > kPacketText) line += " ... " + std::to_string(payload.size()) + " characters";
    packets_.push_back(std::move(line));
    if (packets_.size() > kPackets) packets_.pop_front();
}

}  // namespace debugger
