// SPDX-License-Identifier: MIT
/// @file
/// @brief The border between a session's thread and everybody else.
/// @chapter observability
#include "debugger-ui/target/session.h"

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/target/worker.h"

namespace debugger {
namespace {

/// Whether a picture of `b` could differ from one of `a`.
bool looks_the_same(const Snapshot& a, const Snapshot& b) {
    return a.state == b.state && a.answered == b.answered && a.message == b.message && a.focus == b.focus &&
           a.registers == b.registers && a.processes == b.processes && a.vcpus == b.vcpus &&
           a.log.last_sequence() == b.log.last_sequence() && a.log_lines == b.log_lines && a.memory == b.memory &&
           a.records_behind == b.records_behind && a.pages == b.pages;
}

}  // namespace

Session::Session(TargetPlace place, StartAt start)
    : place_(std::move(place)), start_(start), latest_(std::make_shared<Snapshot>()), thread_([this] { serve(); }) {}

Session::~Session() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

u64 Session::send(Request request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    changed_.notify_all();
    return ++sent_;
}

std::shared_ptr<const Snapshot> Session::latest() const {
    const std::lock_guard lock(mutex_);
    return latest_;
}

std::shared_ptr<const Snapshot> Session::wait(const std::function<bool(const Snapshot&)>& condition,
                                              machine::Seconds within) {
    std::unique_lock lock(mutex_);
    const auto holds = [&] { return latest_->state == MachineState::Lost || condition(*latest_); };
    if (!changed_.wait_for(lock, within * machine::time_scale(), holds)) return nullptr;
    return latest_;
}

std::deque<Request> Session::take_requests() {
    const std::lock_guard lock(mutex_);
    return std::exchange(requests_, {});
}

void Session::publish(Snapshot snapshot) {
    const std::lock_guard lock(mutex_);
    if (looks_the_same(*latest_, snapshot)) return;
    latest_ = std::make_shared<const Snapshot>(std::move(snapshot));
    changed_.notify_all();
}

void Session::serve() {
    std::string problem;
    try {
        Worker(*this, place_, start_).run();
        return;
    } catch (const std::exception& error) { problem = error.what(); }
    Snapshot last = *latest();
    last.state = MachineState::Lost;
    last.message = problem;
    publish(std::move(last));
}

}  // namespace debugger
