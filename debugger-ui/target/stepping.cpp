// SPDX-License-Identifier: MIT
/// @file
/// @brief Stepping by lines.
/// @chapter observability
#include "debugger-ui/target/stepping.h"

#include <utility>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/target/code.h"

namespace debugger {
namespace {

constexpr usize kLongestInstruction = 15;

std::optional<machine::SourceLine> line_at(const Target& target, u64 rip) {
    return target.symbols().source_of(VirtAddr(rip));
}

bool is_same(const std::optional<machine::SourceLine>& a, const std::optional<machine::SourceLine>& b) {
    return a && b && a->file == b->file && a->line == b->line;
}

std::optional<RunToReturn> return_of_frame(Target& target, const Standing& standing) {
    const machine::Registers registers = target.registers(standing);
    const auto read = [&](VirtAddr address) -> std::optional<u64> {
        const auto bytes = target.read(standing, address, 8);
        return bytes ? std::optional(machine::number_from_bytes(*bytes)) : std::nullopt;
    };
    const auto frames = target.symbols().backtrace(registers, read, 2);
    if (frames.size() < 2) return std::nullopt;
    return RunToReturn{frames[1].pc, registers["rsp"] + 1};
}

}  // namespace

LineStep begin_line_step(Target& target, const Standing& standing, StepLine::Depth depth) {
    return {depth, line_at(target, target.registers(standing)["rip"])};
}

std::optional<RunToReturn> go_on(Target& target, Standing& standing, LineStep& step) {
    if (step.depth == StepLine::Depth::Out) {
        // Only once: then the rest of the caller's line.
        step.depth = StepLine::Depth::Over;
        const auto caller = return_of_frame(target, standing);
        if (!caller) throw machine::Error("this frame has no caller to go out to");
        step.from.reset();
        step.left = 0;
        return caller;
    }
    for (; step.left > 0; --step.left) {
        const machine::Registers registers = target.registers(standing);
        const u64 rip = registers["rip"];
        if (step.depth == StepLine::Depth::Over) {
            const auto code = target.read(standing, VirtAddr(rip), kLongestInstruction);
            const auto call = code ? length_of_call(rip, *code) : std::nullopt;
            if (call) return RunToReturn{VirtAddr(rip + *call), registers["rsp"]};
        }
        standing = target.step(std::move(standing));
        if (!is_same(line_at(target, target.registers(standing)["rip"]), step.from)) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace debugger
