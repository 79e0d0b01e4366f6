// SPDX-License-Identifier: MIT
/// @file
/// @brief The border between a session's thread and everybody else.
/// @chapter observability
#include "debugger-ui/target/session.h"

#include <sys/eventfd.h>

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
    : place_(std::move(place)),
      start_(start),
      bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      latest_(std::make_shared<Snapshot>()),
      thread_([this] { serve(); }) {}

Session::~Session() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    ring();
    thread_.join();
}

u64 Session::send(Request request) {
    const std::lock_guard lock(mutex_);
    if (std::holds_alternative<Attach>(request) && latest_->state == MachineState::Lost) {
        // From here on there is a machine to be waited for.
        Snapshot connecting;
        connecting.message = "connecting";
        latest_ = std::make_shared<const Snapshot>(std::move(connecting));
    }
    requests_.push_back(std::move(request));
    ring();
    return ++sent_;
}

/// For a thread that waits for us alone, and for one that waits for the machine as well.
void Session::ring() {
    changed_.notify_all();
    ::eventfd_write(bell_.get(), 1);
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

std::optional<Request> Session::take_request() {
    const std::lock_guard lock(mutex_);
    if (requests_.empty()) return std::nullopt;
    Request first = std::move(requests_.front());
    requests_.pop_front();
    return first;
}

void Session::note_handled() {
    const std::lock_guard lock(mutex_);
    ++handled_;
}

void Session::publish(Snapshot snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot.answered = handled_;
    if (looks_the_same(*latest_, snapshot)) return;
    latest_ = std::make_shared<const Snapshot>(std::move(snapshot));
    changed_.notify_all();
}

void Session::serve() {
    for (StartAt start = start_;; start = StartAt::Once) {
        std::string why = "detached: the machine runs on";
        try {
            Worker(*this, place_, start).run();
        } catch (const std::exception& error) { why = error.what(); }
        if (!wait_for_attach(why)) return;
    }
}

bool Session::wait_for_attach(const std::string& why) {
    Snapshot last = *latest();
    last.state = MachineState::Lost;
    last.message = why;
    publish(std::move(last));
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return ending_ || !requests_.empty(); });
        if (ending_) return false;
        const bool attach = std::holds_alternative<Attach>(requests_.front());
        requests_.pop_front();
        ++handled_;  // nothing else can be done without a machine
        if (attach) return true;
    }
}

}  // namespace debugger
