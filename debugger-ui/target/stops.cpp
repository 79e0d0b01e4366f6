// SPDX-License-Identifier: MIT
/// @file
/// @brief Setting the machine's breakpoints, and judging its stops.
/// @chapter observability
#include "debugger-ui/target/stops.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "debugger-ui/model/expression.h"
#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

/// Ring::RingV, which the trace's causes are a copy of.
constexpr u8 kRingV = static_cast<u8>(abi::TraceCause::RingV);
/// Where the kernel sees all physical memory; held against memory before it is used.
constexpr u64 kDirectMap = 0xffff'8000'0000'0000;
/// VMRUN, and how far behind the beginning of its function it is looked for. @apm{VMRUN, Instruction Reference}
constexpr u8 kVmrun[] = {0x0f, 0x01, 0xd8};
constexpr usize kEntryBytes = 256;
constexpr const char* kGuestPrefix = "guest:";
constexpr const char* kVmmPrefix = "vmm:";

template <class... Args>
std::string printed(const char* format, Args... args) {
    char text[160];
    std::snprintf(text, sizeof(text), format, args...);
    return text;
}

u64 word_at(Target& target, const Standing& standing, PhysAddr place) {
    u64 word = 0;
    target.read_physical(standing, place, {reinterpret_cast<u8*>(&word), sizeof(word)});
    return word;
}

}  // namespace

Stops::Stops(Target& target)
    : target_(target),
      resolve_(target.symbols().address_of("AddressSpace::resolve")),
      settle_(target.symbols().address_of("Vcpu::settle")),
      fault_address_(target.symbols().member_offset("Fault", "address")),
      fault_access_(target.symbols().member_offset("Fault", "access")),
      fault_ring_(target.symbols().member_offset("Fault", "ring")),
      exit_kind_(target.symbols().member_offset("Exit", "kind")),
      exit_kinds_(target.symbols().enumerators("ExitKind")) {}

void Stops::seek(const Standing& standing, Goal goal, PhysAddr root) {
    goal_ = {};
    for (const VirtAddr address : std::exchange(goal_breakpoints_, {})) target_.clear_breakpoint(standing, address);
    for (const VirtAddr address : std::exchange(goal_watchpoints_, {})) target_.clear_watchpoint(standing, address, 8);
    if (std::holds_alternative<RunToFirstFault>(goal) || std::holds_alternative<RunToExit>(goal)) {
        add(standing, settle_);
    } else if (std::holds_alternative<RunToNestedFault>(goal)) {
        add(standing, resolve_);
    } else if (const auto* back = std::get_if<RunToReturn>(&goal)) {
        add(standing, back->at);
    } else if (std::holds_alternative<RunIntoGuest>(goal)) {
        add(standing, entry_instruction(standing));
    } else if (const auto* change = std::get_if<RunToEntryChange>(&goal)) {
        watch_entry(standing, *change, root);
    }
    if (const auto* exit = std::get_if<RunToExit>(&goal); exit && !exit->kind.empty()) {
        const auto is_it = [&](const auto& kind) { return kind.first == exit->kind; };
        if (std::none_of(exit_kinds_.begin(), exit_kinds_.end(), is_it)) {
            give_up(standing);
            std::string all;
            for (const auto& [name, value] : exit_kinds_) all += " " + name;
            throw machine::Error("exits are of these kinds:" + all);
        }
    }
    goal_ = std::move(goal);
}

void Stops::add(const Standing& standing, VirtAddr breakpoint) {
    const auto found = breakpoints_.find(breakpoint.raw);
    if (found != breakpoints_.end() && found->second.enabled) return;
    target_.set_breakpoint(standing, breakpoint);
    goal_breakpoints_.push_back(breakpoint);
}

VirtAddr Stops::entry_instruction(const Standing& standing) {
    if (target_.is_kernels_own())
        throw machine::Error("the kernel's own stub does not see the guest from inside; next-exit runs over it");
    const VirtAddr function = target_.symbols().address_of("svm_enter");
    const auto code = target_.read(standing, function, kEntryBytes);
    if (!code) throw machine::Error("the code that enters the guest cannot be read");
    const auto found = std::search(code->begin(), code->end(), std::begin(kVmrun), std::end(kVmrun));
    if (found == code->end()) throw machine::Error("there is no VMRUN in svm_enter");
    return function + static_cast<u64>(found - code->begin());
}

void Stops::watch_entry(const Standing& standing, const RunToEntryChange& change, PhysAddr root) {
    PhysAddr table = root;
    for (unsigned level = kRootLevel; level > change.level; --level) {
        const HostEntry entry(word_at(target_, standing, table + 8 * table_index(VirtAddr(change.address), level)));
        if (!entry.mapped() || entry.is_leaf(level))
            throw machine::Error(printed("there is no entry for 0x%" PRIx64 " on level %u: the path ends on level %u",
                                         change.address, change.level, level));
        table = entry.frame();
    }
    entry_ = table + 8 * table_index(VirtAddr(change.address), change.level);
    const VirtAddr host(kDirectMap + entry_.raw);
    const auto seen = target_.read(standing, host, 8);
    if (!seen || machine::number_from_bytes(*seen) != word_at(target_, standing, entry_))
        throw machine::Error("the kernel does not see its pairs yet");
    for (const VirtAddr half : {host, host + kPageBytes}) {
        target_.set_watchpoint(standing, half, 8);
        goal_watchpoints_.push_back(half);
    }
}

VirtAddr Stops::address_of_place(const std::string& place) const {
    if (place.starts_with("0x")) return VirtAddr(std::strtoull(place.c_str(), nullptr, 16));
    if (place.starts_with(kGuestPrefix)) {
        const std::string name = place.substr(std::string_view(kGuestPrefix).size());
        if (!guest_.map) throw machine::Error("the guest's symbols are not known: --guest-symbols names a file");
        const auto found = guest_.map->address_of(name, guest_.slide);
        if (!found) throw machine::Error("the guest's kernel has no " + name);
        return VirtAddr(*found);
    }
    if (place.starts_with(kVmmPrefix)) {
        if (!vmm_) throw machine::Error("no VMM runs whose symbols are known: --vmm names its file");
        return vmm_->address_of(place.substr(std::string_view(kVmmPrefix).size()));
    }
    const usize colon = place.rfind(':');
    if (colon == std::string::npos || colon == 0 || place[colon - 1] == ':') return target_.symbols().address_of(place);
    const std::string file = place.substr(0, colon);
    const int line = std::atoi(place.c_str() + colon + 1);
    auto found = target_.symbols().address_of_line(file, line);
    if (!found && vmm_) found = vmm_->address_of_line(file, line);
    if (!found) throw machine::Error("no instruction belongs to " + place);
    return *found;
}

void Stops::toggle(const Standing& standing, const ToggleBreakpoint& request) {
    const VirtAddr address = address_of_place(request.place);
    const auto of_goal = std::find(goal_breakpoints_.begin(), goal_breakpoints_.end(), address);
    const auto found = breakpoints_.find(address.raw);
    if (found != breakpoints_.end()) {
        if (found->second.enabled) target_.clear_breakpoint(standing, address);
        breakpoints_.erase(found);
        return;
    }
    if (of_goal != goal_breakpoints_.end()) {
        goal_breakpoints_.erase(of_goal);
    } else {
        target_.set_breakpoint(standing, address);
    }
    breakpoints_[address.raw] = {request.place, request.condition};
}

void Stops::toggle(const Standing& standing, const ToggleWatchpoint& request) {
    const VirtAddr address = address_of_place(request.place);
    const auto found = watchpoints_.find(address.raw);
    if (found != watchpoints_.end()) {
        if (found->second.enabled) target_.clear_watchpoint(standing, address, found->second.bytes);
        watchpoints_.erase(found);
        return;
    }
    target_.set_watchpoint(standing, address, request.bytes);
    watchpoints_[address.raw] = {request.place, request.bytes};
}

void Stops::toggle(const Standing& standing, const SwitchBreakpoint& request) {
    const auto is_it = [&](const auto& one) { return one.second.name == request.place; };
    const auto breakpoint = std::find_if(breakpoints_.begin(), breakpoints_.end(), is_it);
    const auto watchpoint = std::find_if(watchpoints_.begin(), watchpoints_.end(), is_it);
    if (breakpoint != breakpoints_.end()) {
        auto& [address, one] = *breakpoint;
        one.enabled ? target_.clear_breakpoint(standing, VirtAddr(address))
                    : target_.set_breakpoint(standing, VirtAddr(address));
        one.enabled = !one.enabled;
    } else if (watchpoint != watchpoints_.end()) {
        auto& [address, one] = *watchpoint;
        one.enabled ? target_.clear_watchpoint(standing, VirtAddr(address), one.bytes)
                    : target_.set_watchpoint(standing, VirtAddr(address), one.bytes);
        one.enabled = !one.enabled;
    } else {
        throw machine::Error("there is no breakpoint at " + request.place);
    }
}

std::vector<BreakpointPlace> Stops::list() const {
    std::vector<BreakpointPlace> places;
    for (const auto& [address, one] : breakpoints_)
        places.push_back({address, one.name, one.condition, 0, one.enabled});
    for (const auto& [address, one] : watchpoints_) places.push_back({address, one.name, {}, one.bytes, one.enabled});
    return places;
}

Verdict Stops::judge(const Standing& standing) {
    const machine::Registers registers = target_.registers(standing);
    if (auto verdict = judge_goal(standing, registers); verdict && verdict->action != Verdict::Action::GoOn) {
        if (verdict->action == Verdict::Action::Stand) give_up(standing);
        return *verdict;
    } else if (const auto found = breakpoints_.find(registers["rip"]);
               found != breakpoints_.end() && found->second.enabled) {
        return judge_breakpoint(standing, registers, found->second);
    } else if (verdict) {
        return *verdict;
    }
    if (const auto watched = target_.last_watched()) {
        const auto found = watchpoints_.find(*watched);
        return {
            Verdict::Action::Stand, (found == watchpoints_.end() ? "memory" : found->second.name) + " was written", {}};
    }
    return {Verdict::Action::Stand, "stopped by itself", {}};
}

std::optional<Verdict> Stops::judge_goal(const Standing& standing, const machine::Registers& registers) {
    const VirtAddr here(registers["rip"]);
    if (std::holds_alternative<RunToFirstFault>(goal_) && here == settle_) {
        seek(standing, RunToNestedFault{}, PhysAddr(0));
        return Verdict{Verdict::Action::GoOn};
    }
    if (const auto* fault = std::get_if<RunToNestedFault>(&goal_); fault && here == resolve_)
        return judge_fault(standing, registers, *fault);
    if (const auto* exit = std::get_if<RunToExit>(&goal_); exit && here == settle_)
        return judge_exit(standing, registers, *exit);
    if (std::holds_alternative<RunIntoGuest>(goal_) && !goal_breakpoints_.empty() && here == goal_breakpoints_.front())
        return Verdict{Verdict::Action::StepInto};
    if (const auto* back = std::get_if<RunToReturn>(&goal_); back && here == back->at) {
        // Another thread's stack is elsewhere, and a deeper call's is lower.
        constexpr u64 kMostStack = 0x1'0000;
        const u64 above = registers["rsp"] - back->stack;
        return Verdict{above < kMostStack ? Verdict::Action::StepOn : Verdict::Action::GoOn};
    }
    const auto* change = std::get_if<RunToEntryChange>(&goal_);
    const auto watched = target_.last_watched();
    if (change && watched &&
        std::find(goal_watchpoints_.begin(), goal_watchpoints_.end(), VirtAddr(*watched)) != goal_watchpoints_.end()) {
        return Verdict{Verdict::Action::Stand, entry_text(standing), {}};
    }
    return std::nullopt;
}

std::string Stops::entry_text(const Standing& standing) {
    return printed("the %s entry at 0x%" PRIx64 " was written: host %016" PRIx64 ", nested %016" PRIx64,
                   *target_.last_watched() == kDirectMap + entry_.raw ? "host" : "nested", entry_.raw,
                   word_at(target_, standing, entry_), word_at(target_, standing, entry_ + kPageBytes));
}

std::optional<Verdict> Stops::judge_fault(const Standing& standing, const machine::Registers& registers,
                                          const RunToNestedFault& wanted) {
    const Verdict go_on{Verdict::Action::GoOn};
    const auto fault = target_.read(standing, VirtAddr(registers["rsi"]), 32);
    if (!fault || (*fault)[fault_ring_] != kRingV) return go_on;
    const u64 address = machine::number_from_bytes(std::span(*fault).subspan(fault_address_, 8));
    if (address < wanted.begin || address >= wanted.end) return go_on;
    const u8 access = (*fault)[fault_access_];
    Verdict verdict{Verdict::Action::Stand,
                    printed("nested fault: the guest wants to %s 0x%" PRIx64, access_name(access), address),
                    Focus{0, AddressKind::GuestPhys, address, static_cast<Access>(std::min<u8>(access, 2)), 0}};
    // CR3 is the process's here, the host half of its root pair.
    verdict.focus->root = registers["cr3"] & HostEntry::kFrame;
    return verdict;
}

std::optional<Verdict> Stops::judge_exit(const Standing& standing, const machine::Registers& registers,
                                         const RunToExit& wanted) {
    const auto exit = target_.read(standing, VirtAddr(registers["rsi"]) + exit_kind_, 1);
    if (!exit) return Verdict{Verdict::Action::GoOn};
    const auto kind = std::find_if(exit_kinds_.begin(), exit_kinds_.end(),
                                   [&](const auto& one) { return one.second == exit->front(); });
    const std::string name = kind == exit_kinds_.end() ? "?" : kind->first;
    if (!wanted.kind.empty() && wanted.kind != name) return Verdict{Verdict::Action::GoOn};
    return Verdict{Verdict::Action::Stand, "VM exit: " + name, {}};
}

Verdict Stops::judge_breakpoint(const Standing& standing, const machine::Registers& registers,
                                const Breakpoint& breakpoint) {
    if (breakpoint.condition.empty()) return {Verdict::Action::Stand, "breakpoint at " + breakpoint.name, {}};
    const ExpressionScope scope{[&](std::string_view name) -> std::optional<u64> {
                                    if (target_.description().find(name)) return registers[name];
                                    try {
                                        return target_.symbols().address_of(name).raw;
                                    } catch (const machine::Error&) { return std::nullopt; }
                                },
                                [&](u64 address) -> std::optional<u64> {
                                    const auto bytes = target_.read(standing, VirtAddr(address), 8);
                                    if (!bytes) return std::nullopt;
                                    return machine::number_from_bytes(*bytes);
                                }};
    try {
        if (evaluate(breakpoint.condition, scope) == 0) return {Verdict::Action::GoOn};
    } catch (const machine::Timeout&) { throw; } catch (const machine::Error& problem) {
        return {Verdict::Action::Stand, problem.what(), {}};
    }
    return {Verdict::Action::Stand, "breakpoint at " + breakpoint.name + " where " + breakpoint.condition, {}};
}

}  // namespace debugger
