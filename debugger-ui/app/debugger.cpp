// SPDX-License-Identifier: MIT
/// @file
/// @brief Between views, picture and machine.
/// @chapter observability
#include "debugger-ui/app/debugger.h"

#include "debugger-ui/model/recording.h"
#include "debugger-ui/rsp/error.h"

namespace debugger {

Debugger::Debugger(std::unique_ptr<Session> session) : session_(std::move(session)), snapshot_(session_->latest()) {
    picture_ = painter_.paint(snapshot_, selection_);
}

Debugger::Debugger(Snapshot recording) : snapshot_(std::make_shared<const Snapshot>(std::move(recording))) {
    follow(*snapshot_);
    picture_ = painter_.paint(snapshot_, painted_ = selection_);
}

/// Looks where a stop wants to be looked at; before that, at the newest fault of a guest.
void Debugger::follow(const Snapshot& snapshot) {
    if (snapshot.focus && snapshot.focus->stop != followed_) {
        followed_ = snapshot.focus->stop;
        selection_ = focused(selection_, *snapshot.focus);
        chosen_ = true;
    }
    for (usize at = snapshot.log.size(); !chosen_ && at-- > 0;) {
        const abi::TraceRecord& record = snapshot.log[at];
        if (record.cause != abi::TraceCause::RingV || record.resolution != kResolutionMapped) continue;
        selection_.address = record.address;
        chosen_ = true;
        if (session_) last_ticket_ = session_->send(Select{selection_});
    }
}

bool Debugger::update() {
    if (session_) {
        auto newest = session_->latest();
        if (newest != snapshot_) follow(*newest);
        if (newest->stops != snapshot_->stops) {
            // As the session does.
            selection_.frame = 0;
            selection_.core = 0;
            selection_.code.clear();
        }
        if (newest == snapshot_ && selection_ == painted_) return false;
        snapshot_ = std::move(newest);
    } else if (selection_ == painted_) {
        return false;
    }
    picture_ = painter_.paint(snapshot_, painted_ = selection_);
    return true;
}

void Debugger::perform(const Request& request) {
    if (const auto* select = std::get_if<Select>(&request)) {
        const bool is_only_seen_otherwise = chosen_ && need_the_same_pages(selection_, select->selection);
        selection_ = select->selection;
        chosen_ = true;
        if (is_only_seen_otherwise) return;
    }
    if (session_) {
        last_ticket_ = session_->send(request);
    } else if (const auto* save = std::get_if<Save>(&request)) {
        save_recording(*snapshot_, save->file);
    }
}

void Debugger::leave() {
    perform(Detach{});
    wait([](const Snapshot& snapshot) { return snapshot.state == MachineState::Lost; }, machine::Seconds(60));
    left_ = true;
}

void Debugger::come_back() {
    left_ = false;
    perform(Attach{});
    wait(is_live, machine::Seconds(60));
    settle();
}

void Debugger::settle() {
    if (session_ && !left_) {
        const u64 ticket = last_ticket_;
        // Over a serial line a whole trace takes minutes.
        const auto is_done = [ticket](const Snapshot& snapshot) {
            return is_live(snapshot) && snapshot.answered >= ticket &&
                   (snapshot.state != MachineState::Stopped || snapshot.records_behind == 0);
        };
        wait(is_done, machine::Seconds(600));
        // Following a stop may have asked for other pages.
        if (last_ticket_ != ticket) return settle();
    }
    update();
}

void Debugger::wait(const std::function<bool(const Snapshot&)>& condition, machine::Seconds within) {
    if (!session_) throw machine::Error("a recording does not change: there is nothing to wait for");
    const auto found = session_->wait(condition, within);
    if (!found) throw machine::Timeout("waited in vain; the machine: " + session_->latest()->message);
    update();
    if (found->state == MachineState::Lost && !condition(*found)) {
        // Told once: what was seen last can be looked at all the same.
        left_ = true;
        throw machine::Error("the machine is gone: " + found->message);
    }
}

}  // namespace debugger
