// SPDX-License-Identifier: MIT
/// @file
/// @brief What each signal does by default, and the queue of signals that wait.
/// @chapter signals
#include "proc/signal.h"

#include "lib/owned.h"

DefaultAction default_action(int signal) {
    constexpr SignalSet kIgnored = SignalSet::of(kSigChld, kSigUrg, kSigWinch);
    constexpr SignalSet kStopping = SignalSet::of(kSigStop, kSigTstp, kSigTtin, kSigTtou);
    constexpr SignalSet kDumping =
        SignalSet::of(kSigQuit, kSigIll, kSigTrap, kSigAbrt, kSigBus, kSigFpe, kSigSegv, kSigXcpu, kSigXfsz, kSigSys);
    if (signal == kSigCont) return DefaultAction::Continue;
    if (kIgnored.has(signal)) return DefaultAction::Ignore;
    if (kStopping.has(signal)) return DefaultAction::Stop;
    return kDumping.has(signal) ? DefaultAction::Dump : DefaultAction::Terminate;
}

namespace {

// As many queued signals as Linux allows a user by default on a small machine.
constexpr usize kMaxQueued = 1024;

// Faults of the thread's own are taken before anything else: their handler must see the registers of the fault.
constexpr SignalSet kSynchronous = SignalSet::of(kSigSegv, kSigBus, kSigIll, kSigTrap, kSigFpe, kSigSys);

}  // namespace

PendingSignals::~PendingSignals() {
    while (Queued* item = queue_.pop_front()) delete item;
}

Result<void> PendingSignals::add(const SignalInfo& info) {
    const bool queues = info.number >= kFirstRealTime;
    if (set_.has(info.number) && !queues) return {};
    Queued* item = length_ < kMaxQueued ? new (std::nothrow) Queued{{}, info} : nullptr;
    if (!item && queues && info.code != signal_code::kUser) return Error{EAGAIN};
    // Without memory an ordinary signal arrives all the same, only without its story.
    set_.add(info.number);
    if (!item) return {};
    queue_.push_back(*item);
    ++length_;
    return {};
}

SignalInfo PendingSignals::take(SignalSet wanted) {
    const SignalSet here = set_ & wanted;
    const SignalSet urgent = here & kSynchronous;
    const int number = (urgent.empty() ? here : urgent).first();
    SignalInfo info{.number = number};
    Queued* found = nullptr;
    bool more = false;
    for (Queued& item : queue_) {
        if (item.info.number != number) continue;
        more = found != nullptr;
        if (more) break;
        found = &item;
    }
    if (found) {
        info = found->info;
        queue_.remove(*found);
        --length_;
        delete found;
    }
    if (!more) set_.remove(number);
    return info;
}

void PendingSignals::discard(SignalSet signals) {
    set_ = set_.without(signals);
    for (Queued* item = queue_.front(); item;) {
        Queued* next = queue_.next(*item);
        if (signals.has(item->info.number)) {
            queue_.remove(*item);
            --length_;
            delete item;
        }
        item = next;
    }
}
