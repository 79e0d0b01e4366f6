// SPDX-License-Identifier: MIT
/// @file
/// @brief Running, stopping and looking at a machine.
/// @chapter observability
#include "debugger-ui/target/worker.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "debugger-ui/model/recording.h"
#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

/// How often a running machine is looked at: by its shared memory, or by stopping it for a moment.
constexpr auto kLookShared = std::chrono::milliseconds(33), kLookStopping = std::chrono::milliseconds(250);
constexpr auto kPoll = std::chrono::milliseconds(10);
constexpr usize kLogLines = 200;
/// Ring::RingV, which the trace's causes are a copy of.
constexpr u8 kRingV = static_cast<u8>(abi::TraceCause::RingV);

}  // namespace

Worker::Worker(Session& session, const TargetPlace& place, StartAt start)
    : session_(session),
      target_(place),
      capture_(target_.symbols()),
      standing_(target_.stopped_by_connecting()),
      resolve_(target_.symbols().address_of("AddressSpace::resolve")),
      settle_(target_.symbols().address_of("Vcpu::settle")),
      fault_address_(target_.symbols().member_offset("Fault", "address")),
      fault_access_(target_.symbols().member_offset("Fault", "access")),
      fault_ring_(target_.symbols().member_offset("Fault", "ring")),
      waits_for_guest_(start == StartAt::FirstNestedFault),
      message_("stopped by connecting") {
    if (!waits_for_guest_) return;
    // Before the first exit there is no nested fault; every fault of a process would stop the machine in vain until then.
    target_.set_breakpoint(*standing_, settle_);
    message_ = "running to the first nested fault";
}

void Worker::run() {
    if (waits_for_guest_) {
        let_run();
    } else {
        show();
    }
    for (;;) {
        for (const Request& request : session_.take_requests()) {
            ++handled_;
            handle(request);
        }
        std::unique_lock lock(session_.mutex_);
        if (session_.ending_) return;
        if (!session_.requests_.empty()) continue;
        if (standing_) {
            lock.unlock();
            if (catch_up()) continue;
            lock.lock();
            if (!session_.requests_.empty()) continue;
            session_.changed_.wait(lock, [&] { return session_.ending_ || !session_.requests_.empty(); });
            continue;
        }
        session_.changed_.wait_for(lock, kPoll, [&] { return session_.ending_ || !session_.requests_.empty(); });
        lock.unlock();
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
    show();
    extent_ = Extent::Selection;
}

void Worker::perform(const Select& request) { selection_ = request.selection; }

void Worker::perform(const Run&) {
    if (!standing_) return;
    message_.clear();
    focus_.reset();
    hunt_.reset();
    let_run();
}

void Worker::perform(const Interrupt&) {
    if (standing_) return;
    standing_ = target_.interrupt();
    waits_for_guest_ = false;
    hunt_.reset();
    message_ = "stopped by you";
    ++stops_;
}

void Worker::perform(const StepInstruction&) {
    if (!standing_) return;
    capture_.moves();
    standing_ = target_.step(std::move(*standing_));
    message_ = "after one instruction";
    ++stops_;
}

void Worker::perform(const RunToNestedFault& request) {
    while_standing([&](const Standing& standing) {
        if (!resolve_is_set_) target_.set_breakpoint(standing, resolve_);
        resolve_is_set_ = true;
    });
    hunt_ = request;
    message_ = "running to the next nested fault";
    focus_.reset();
    if (standing_) let_run();
}

void Worker::perform(const ToggleBreakpoint& request) {
    const VirtAddr address = address_of_place(request.place);
    while_standing([&](const Standing& standing) {
        const bool is_ours = resolve_is_set_ && address == resolve_;
        if (breakpoints_.erase(address.raw) != 0) {
            if (!is_ours) target_.clear_breakpoint(standing, address);
            return;
        }
        if (!is_ours) target_.set_breakpoint(standing, address);
        breakpoints_[address.raw] = request.place;
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

void Worker::perform(const CopyText&) {}

VirtAddr Worker::address_of_place(const std::string& place) const {
    if (place.starts_with("0x")) return VirtAddr(std::strtoull(place.c_str(), nullptr, 16));
    const usize colon = place.rfind(':');
    if (colon == std::string::npos || colon == 0 || place[colon - 1] == ':') return target_.symbols().address_of(place);
    const auto found = target_.symbols().address_of_line(place.substr(0, colon), std::atoi(place.c_str() + colon + 1));
    if (!found) throw machine::Error("no instruction belongs to " + place);
    return *found;
}

template <class Look>
void Worker::while_standing(Look&& look) {
    if (standing_) return look(*standing_);
    Standing here = target_.interrupt();
    if (target_.last_cause() == StopCause::Breakpoint) {
        // It reached a breakpoint at that very moment: that stop is not to be lost.
        standing_ = std::move(here);
        look(*standing_);
        return on_stop();
    }
    look(here);
    target_.resume(std::move(here));
}

void Worker::let_run() {
    capture_.moves();
    target_.resume(std::move(*standing_));
    standing_.reset();
    next_look_ = machine::Clock::now() + (target_.reads_while_running() ? kLookShared : kLookStopping);
}

bool Worker::is_wanted_fault() {
    const machine::Registers registers = target_.registers(*standing_);
    const auto fault = target_.read(*standing_, VirtAddr(registers["rsi"]), 32);
    if (!fault || (*fault)[fault_ring_] != kRingV) return false;
    const u64 address = machine::number_from_bytes(std::span(*fault).subspan(fault_address_, 8));
    if (address < hunt_->begin || address >= hunt_->end) return false;
    const u8 access = (*fault)[fault_access_];
    char text[96];
    std::snprintf(text, sizeof(text), "nested fault: the guest wants to %s 0x%" PRIx64, access_name(access), address);
    message_ = text;
    focus_ = Focus{stops_ + 1, AddressKind::GuestPhys, address, static_cast<Access>(std::min<u8>(access, 2)), 0};
    // CR3 is the process's here, the host half of its root pair.
    focus_->root = registers["cr3"] & HostEntry::kFrame;
    return true;
}

void Worker::on_stop() {
    const VirtAddr here(target_.registers(*standing_)["rip"]);
    if (waits_for_guest_ && here == settle_) {
        waits_for_guest_ = false;
        target_.clear_breakpoint(*standing_, settle_);
        target_.set_breakpoint(*standing_, resolve_);
        resolve_is_set_ = true;
        hunt_ = RunToNestedFault{};
        return let_run();
    }
    const auto set_by_person = breakpoints_.find(here.raw);
    if (here == resolve_ && set_by_person == breakpoints_.end()) {
        if (!hunt_) {
            target_.clear_breakpoint(*standing_, resolve_);
            resolve_is_set_ = false;
        }
        if (!hunt_ || !is_wanted_fault()) return let_run();
        hunt_.reset();
    } else {
        message_ = set_by_person != breakpoints_.end() ? "breakpoint at " + set_by_person->second : "stopped by itself";
    }
    ++stops_;
    if (focus_)
        selection_ = {focus_->kind, focus_->access,    focus_->address,       focus_->root,       0,
                      -1,           selection_.filter, selection_.heat_begin, selection_.heat_end};
    say(message_);
    show();
}

void Worker::look_while_running() {
    if (target_.reads_while_running()) {
        next_look_ = machine::Clock::now() + kLookShared;
        return session_.publish(capture(extent_, nullptr));
    }
    next_look_ = machine::Clock::now() + kLookStopping;
    std::optional<Snapshot> seen;
    while_standing([&](const Standing& standing) { seen = capture(extent_, &standing); });
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
    snapshot.answered = handled_;
    snapshot.message = message_;
    snapshot.focus = focus_;
    snapshot.log_lines = log_lines_;
    for (const auto& [address, name] : breakpoints_) snapshot.breakpoints.push_back({address, name});
    const ReadPhysical read = reader(standing);
    if (standing_ && !target_.reads_while_running() && extent == Extent::Selection) {
        capture_.keep_pages();
    } else {
        capture_.moves();
    }
    // The core first: while it is in a guest, it alone knows the guest's page tables.
    if (standing_) capture_.take_core(target_, *standing_, snapshot);
    capture_.take_memory(read, selection_, extent, snapshot);
    return snapshot;
}

void Worker::show() {
    if (!standing_) return look_while_running();
    session_.publish(capture(extent_, &*standing_));
}

void Worker::say(std::string line) {
    log_lines_.push_back(std::move(line));
    if (log_lines_.size() > kLogLines) log_lines_.erase(log_lines_.begin());
}

}  // namespace debugger
