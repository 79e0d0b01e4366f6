// SPDX-License-Identifier: MIT
/// @file
/// @brief Connecting to a machine, and asking it.
/// @chapter observability
#include "debugger-ui/target/target.h"

#include <algorithm>
#include <cstring>

#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

constexpr machine::Seconds kConnect(10), kAnswer(20);

/// Where nobody listens, a person waits no longer than it takes a machine to open its socket.
machine::Stream connect(const std::string& stub) {
    const usize colon = stub.rfind(':');
    if (stub.find('/') == std::string::npos && colon != std::string::npos) {
        return machine::Stream::connect_tcp(stub.substr(0, colon), stub.substr(colon + 1));
    }
    return machine::Stream::connect(stub, machine::Deadline(kConnect));
}

}  // namespace

Target::Target(const TargetPlace& place) : symbols_(place.kernel), rsp_(connect(place.stub), kAnswer, place.patience) {
    if (!rsp_.description().find("rip")) throw machine::Error("the machine is no x86-64: its stub has no register rip");
    if (!place.ram.empty()) ram_.emplace(place.ram);
}

void Target::note(const machine::Stop& stop) {
    cause_ = stop.signal == machine::kStopTrap ? StopCause::Breakpoint : StopCause::Interrupted;
    core_ = stop.core;
    watched_ = stop.watched;
}

void Target::resume(Standing) { rsp_.resume(); }

std::optional<Standing> Target::poll() {
    if (!rsp_.has_news()) return std::nullopt;
    // What has come may be no more than the acknowledgement of our own last packet: nothing is waited for here.
    const std::optional<machine::Stop> stop = rsp_.wait_for_stop(machine::Seconds(0));
    if (!stop) return std::nullopt;
    note(*stop);
    return Standing();
}

Standing Target::interrupt() {
    note(rsp_.interrupt());
    return Standing();
}

Standing Target::step(Standing standing) {
    note(rsp_.step());
    return standing;
}

void Target::set_breakpoint(const Standing&, VirtAddr address) {
    using enum machine::Breakpoint;
    // The kernel takes its own breakpoints out of the debug registers before it enters a guest.
    const auto first = is_kernels_own() ? Software : Hardware, second = is_kernels_own() ? Hardware : Software;
    auto used = first;
    try {
        rsp_.set_breakpoint(address, first);
    } catch (const machine::Timeout&) { throw; } catch (const machine::Error&) {
        rsp_.set_breakpoint(address, used = second);
    }
    if (used == Software) by_instruction_.insert(address.raw);
}

void Target::clear_breakpoint(const Standing&, VirtAddr address) {
    const bool by_instruction = by_instruction_.erase(address.raw) != 0;
    rsp_.clear_breakpoint(address, by_instruction ? machine::Breakpoint::Software : machine::Breakpoint::Hardware);
}

void Target::detach(Standing) { rsp_.detach(); }

unsigned Target::cores(const Standing&) {
    if (cores_ != 0) return cores_;
    // "m1,2,3", then "l": one thread a core. @spec{GDB manual, General Query Packets}
    cores_ = 1;
    const std::string list = rsp_.exchange("qfThreadInfo");
    if (list.starts_with("m")) cores_ += static_cast<unsigned>(std::count(list.begin(), list.end(), ','));
    return cores_;
}

std::optional<machine::Bytes> Target::read(const Standing&, VirtAddr from, usize bytes) {
    try {
        return rsp_.read(from, bytes);
    } catch (const machine::Timeout&) { throw; } catch (const machine::Error&) {
        return std::nullopt;
    }
}

bool Target::read_physical(const Standing&, PhysAddr from, std::span<u8> into) {
    if (ram_) return ram_->read(from, into);
    const machine::Bytes content = rsp_.read_physical(from, into.size());
    std::memcpy(into.data(), content.data(), into.size());
    return true;
}

}  // namespace debugger
