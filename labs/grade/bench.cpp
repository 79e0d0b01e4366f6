// SPDX-License-Identifier: MIT
/// @file
/// @brief Stops, calls and budgets, by the remote protocol and the machine's power-management timer.
/// @chapter testing
#include "labs/grade/bench.h"

#include "debugger-ui/rsp/error.h"

namespace grading {
namespace {

using machine::Error;
using machine::Seconds;
namespace fs = std::filesystem;

machine::Options options_of(const BenchOptions& options) {
    const fs::path build = fs::absolute(machine::build_directory());
    return machine::twain({.kernel = fs::relative(options.kernel, build).string(),
                           .initramfs = options.initramfs,
                           .memory = options.memory,
                           .cores = 1,
                           .words = options.words,
                           .more = {"-S", "-icount", "shift=0,sleep=off"}});
}

/// The port of the ACPI timer where QEMU's firmware leaves it, its rate in Hz, and its bits.
constexpr const char* kReadTimer = "i /w 0x608";
constexpr u64 kTimerHz = 3'579'545;
constexpr u64 kTimerMask = 0xff'ffff;

/// How long the machine runs between looks at its clock.
constexpr Seconds kSlice{0.25};

std::string hex(u64 value) {
    char text[20];
    std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(value));
    return text;
}

}  // namespace

Bench::Bench(const BenchOptions& options) : machine_(options_of(options)), kernel_(options.kernel) {
    rsp().set_breakpoint(kernel_.address_of("panic_at"));
}

u64 Bench::now() {
    const std::string answer = rsp().monitor(kReadTimer);
    const std::size_t equals = answer.find("= ");
    if (equals == std::string::npos) throw Error("QEMU's monitor does not read ports: " + answer);
    return (std::stoull(answer.substr(equals + 2), nullptr, 16) & kTimerMask) * 1'000'000'000 / kTimerHz;
}

template <class Done>
void Bench::run_until(u64 instructions, const Done& done) {
    constexpr u64 kRound = (kTimerMask + 1) * 1'000'000'000 / kTimerHz;
    try {
        u64 used = 0;
        for (u64 last = now(); used <= instructions;) {
            rsp().resume();
            if (rsp().wait_for_stop(kSlice)) {
                if (rsp().registers()["rip"] == kernel_.address_of("panic_at").raw) report_panic();
                if (done()) return;
            } else {
                rsp().interrupt();
                if (done()) return;
            }
            const u64 here = now();
            used += (here + kRound - last) % kRound;
            last = here;
        }
    } catch (const Failure&) { throw; } catch (const Error&) {
        const auto status = machine_.wait_for_end(Seconds(5));
        throw Failure(Verdict::Crash, "the machine goes on",
                      "it reset itself (QEMU ended with status " + std::to_string(status) + ")");
    }
    const auto functions = kernel_.functions_at(VirtAddr(rsp().registers()["rip"]));
    throw Failure(Verdict::Hang, "an end within " + std::to_string(instructions) + " instructions",
                  "still running, in " + (functions.empty() ? "no function of the kernel" : functions.back()));
}

void Bench::run_to(VirtAddr place, u64 instructions) {
    rsp().set_breakpoint(place);
    run_until(instructions, [&] { return rsp().registers()["rip"] == place.raw; });
    rsp().clear_breakpoint(place);
}

void Bench::run_to_text(const std::string& text, u64 instructions) {
    const std::size_t from = console().transcript().size();
    run_until(instructions, [&] {
        console().drain();
        return console().transcript().find(text, from) != std::string::npos;
    });
}

u64 Bench::call(const std::string& function, const std::vector<u64>& arguments, u64 instructions) {
    static constexpr const char* kArguments[] = {"rdi", "rsi", "rdx", "rcx", "r8", "r9"};
    static constexpr const char* kSaved[] = {"rip", "rsp", "eflags", "rax", "rcx", "rdx",
                                             "rsi", "rdi", "r8",     "r9",  "r10", "r11"};
    const machine::Registers before = rsp().registers();
    // The call returns to the very instruction that the machine stands at.
    const VirtAddr back(before["rip"]);
    const u64 stack = (before["rsp"] - 256) / 16 * 16 - 8;
    machine::Bytes word(8);
    for (unsigned i = 0; i < 8; ++i) word[i] = static_cast<u8>(back.raw >> (8 * i));
    rsp().write(VirtAddr(stack), word);
    for (usize i = 0; i < arguments.size(); ++i) rsp().write_register(kArguments[i], arguments[i]);
    rsp().write_register("rsp", stack);
    rsp().write_register("eflags", before["eflags"] & ~0x200ULL);
    rsp().write_register("rip", kernel_.address_of(function).raw);
    run_to(back, instructions);
    const u64 result = rsp().registers()["rax"];
    for (const char* name : kSaved) rsp().write_register(name, before[name]);
    return result;
}

void Bench::report_panic() {
    // panic_at(file, line, what, values, count)
    const machine::Registers registers = rsp().registers();
    const auto text = [this](u64 address) {
        std::string out;
        for (u8 byte = 0; out.size() < 120; out += static_cast<char>(byte)) {
            byte = rsp().read(VirtAddr(address + out.size()), 1)[0];
            if (byte == 0) break;
        }
        return out;
    };
    std::string seen = "panic: " + text(registers["rdx"]) + " at " + text(registers["rdi"]) + ":" +
                       std::to_string(registers["rsi"] & 0xffff'ffff);
    for (u64 i = 0; i < std::min<u64>(registers["r8"], 4); ++i) {
        seen += (i ? ", " : ": ") + hex(rsp().read_u64(VirtAddr(registers["rcx"] + 8 * i)));
    }
    throw Failure(Verdict::Crash, "the kernel goes on", seen);
}

}  // namespace grading
