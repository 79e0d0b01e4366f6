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

/// An instruction takes 2^3 nanoseconds of the machine's time. The kernel waits for times when it starts, by reading ports,
/// which is slow where instructions are counted: with one nanosecond each, all that waiting was most of a grader's work.
constexpr unsigned kShift = 3;

machine::Options options_of(const BenchOptions& options) {
    const fs::path build = fs::absolute(machine::build_directory());
    // A firmware that does what a kernel given with -kernel needs, and no more.
    std::vector<std::string> more{"-S", "-bios", "qboot.rom"};
    if (options.budget == Budget::Instructions) {
        more.emplace_back("-icount");
        more.push_back("shift=" + std::to_string(kShift));
    }
    machine::Options machine = machine::twain({.kernel = fs::relative(options.kernel, build).string(),
                                               .initramfs = options.initramfs,
                                               .memory = options.memory,
                                               .cores = 1,
                                               .words = options.words,
                                               .more = std::move(more)});
    machine.starter = sandboxed({options.kernel, build / options.initramfs}, Sandbox::Network::None);
    return machine;
}

// Of -icount, `sleep` stays on: without it a machine that is stopped jumps to its next timer, and each stop would cost it 55
// milliseconds of its budget.

/// The port of the ACPI timer where QEMU's firmware leaves it, its rate in Hz, and its bits.
constexpr const char* kReadTimer = "i /w 0x608";
constexpr u64 kTimerHz = 3'579'545;
constexpr u64 kTimerMask = 0xff'ffff;

/// How long the machine runs between looks at its clock: at first, and at most.
constexpr Seconds kFirstSlice{0.002}, kLongestSlice{0.1};

std::string hex(u64 value) {
    char text[20];
    std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(value));
    return text;
}

}  // namespace

std::function<std::vector<std::string>(const fs::path&)> sandboxed(const std::vector<fs::path>& files,
                                                                   Sandbox::Network network) {
    return [files, network](const fs::path& directory) {
        const Sandbox& sandbox = Sandbox::of_this_run();
        sandbox.hand_over(directory);
        std::vector<Shared> shared{{directory, Shared::As::Writable}};
        for (const fs::path& file : files) shared.push_back({file});
        return sandbox.prefix(kEmulatorLimits, shared, network);
    };
}

Bench::Bench(const BenchOptions& options)
    : machine_(options_of(options)),
      kernel_(options.kernel),
      panic_(kernel_.address_of("panic_at")),
      nanoseconds_(options.budget == Budget::Instructions ? 1 << kShift : 50) {
    console().keep_at_most(kMostConsoleBytes);
    rsp().set_breakpoint(panic_);
}

void Bench::listen() {
    try {
        console().drain();
    } catch (const machine::Flood& flood) { wrong("a few lines on the console", flood.what()); }
}

u64 Bench::now() {
    const std::string answer = rsp().monitor(kReadTimer);
    const std::size_t equals = answer.find("= ");
    if (equals == std::string::npos) throw Error("QEMU's monitor does not read ports: " + answer);
    return (std::stoull(answer.substr(equals + 2), nullptr, 16) & kTimerMask) * 1'000'000'000 / kTimerHz;
}

template <class Done>
machine::Registers Bench::run_until(u64 instructions, const Done& done) {
    constexpr u64 kRound = (kTimerMask + 1) * 1'000'000'000 / kTimerHz;
    u64 rip = 0;
    used_ = 0;
    try {
        Seconds slice = kFirstSlice;
        u64 passed = 0;
        for (u64 last = now(); used_ <= instructions;) {
            rsp().resume();
            if (!rsp().wait_for_stop(slice)) rsp().interrupt();
            slice = std::min(2 * slice, kLongestSlice);
            const u64 here = now();
            passed += (here + kRound - last) % kRound;
            used_ = passed / nanoseconds_;
            last = here;
            const machine::Registers registers = rsp().registers();
            rip = registers["rip"];
            if (rip == panic_.raw) report_panic(registers);
            if (done(rip)) return registers;
        }
    } catch (const Failure&) { throw; } catch (const machine::Timeout&) {
        throw;
    } catch (const Error& error) { report_end(error.what()); }
    const auto functions = kernel_.functions_at(VirtAddr(rip));
    throw Failure(Verdict::Hang, "an end within " + std::to_string(instructions) + " instructions",
                  "still running, in " + (functions.empty() ? "no function of the kernel" : functions.back()));
}

void Bench::run_to(VirtAddr place, u64 instructions) {
    rsp().set_breakpoint(place);
    run_until(instructions, [&](u64 rip) { return rip == place.raw; });
    rsp().clear_breakpoint(place);
}

void Bench::run_to_text(const std::string& text, u64 instructions) {
    std::size_t place = std::string::npos;
    run_until(instructions, [&](u64) {
        listen();
        place = console().transcript().find(text, waited_for_);
        return place != std::string::npos;
    });
    waited_for_ = place + text.size();
}

u64 Bench::call(const std::string& function, const std::vector<u64>& arguments, u64 instructions,
                const Stopped& stopped) {
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
    // The breakpoint stays: setting one costs QEMU all its translated code.
    if (back != return_) rsp().set_breakpoint(back);
    return_ = back;
    const auto done = [&](u64 rip) {
        if (rip != back.raw && stopped) stopped();
        return rip == back.raw;
    };
    const u64 result = run_until(instructions, done)["rax"];
    for (const char* name : kSaved) rsp().write_register(name, before[name]);
    return result;
}

void Bench::type(const std::string& keys) {
    rsp().resume();
    try {
        console().type(keys);
    } catch (const machine::Flood& flood) { wrong("a few lines on the console", flood.what()); }
    rsp().interrupt();
}

/// The stub refused, or is gone. A machine that has not ended is one whose page tables lead nowhere.
void Bench::report_end(const std::string& refusal) {
    int status = 0;
    try {
        status = machine_.wait_for_end(Seconds(3));
    } catch (const Error&) {
        throw Failure(Verdict::Crash, "the machine goes on", "its memory cannot be read any more: " + refusal);
    }
    if (status >= 128) throw Error("QEMU itself ended with status " + std::to_string(status));
    throw Failure(Verdict::Crash, "the machine goes on",
                  "it reset or switched itself off (QEMU ended with status " + std::to_string(status) + ")");
}

void Bench::report_panic(const machine::Registers& registers) {
    // panic_at(file, line, what, values, count)
    const auto text = [this](u64 address) {
        std::string out;
        for (u8 byte = 0; out.size() < 120; out += static_cast<char>(byte)) {
            byte = rsp().read(VirtAddr(address + out.size()), 1)[0];
            if (byte == 0) break;
        }
        return out;
    };
    const std::string what = text(registers["rdx"]);
    if (what.ends_with(" is yours to write")) throw Failure(Verdict::Crash, "all that this needs is written", what);
    std::string seen =
        "panic: " + what + " at " + text(registers["rdi"]) + ":" + std::to_string(registers["rsi"] & 0xffff'ffff);
    for (u64 i = 0; i < std::min<u64>(registers["r8"], 4); ++i) {
        seen += (i ? ", " : ": ") + hex(rsp().read_u64(VirtAddr(registers["rcx"] + 8 * i)));
    }
    throw Failure(Verdict::Crash, "the kernel goes on", seen);
}

}  // namespace grading
