// SPDX-License-Identifier: MIT
/// @file
/// @brief A machine that is graded: started, stopped where the grader wants, called into, and never believed.
/// @chapter testing
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "debugger-ui/symbols/symbols.h"
#include "labs/grade/sandbox.h"
#include "labs/grade/verdict.h"
#include "tests/machine/machine.h"

namespace grading {

/// What a budget counts. QEMU 7.2 aborts where a watchpoint is hit while it counts instructions, so a bench that watches memory
/// counts nanoseconds, and then a budget is only a backstop, fifty times as long.
enum class Budget : u8 { Instructions, Nanoseconds };

struct BenchOptions {
    std::filesystem::path kernel;
    std::string initramfs = "initramfs-lab.cpio";  ///< under the build directory, ours
    std::string memory = "256M";
    std::string words = "mode=host";
    Budget budget = Budget::Instructions;
};

/// A boot and some commands print some KiB; whatever comes, the grader keeps no more.
inline constexpr usize kMostConsoleBytes = 4 << 20;

/// What starts an emulator in this run's sandbox, in which it sees these files and the folder of its machine.
std::function<std::vector<std::string>(const std::filesystem::path&)> sandboxed(
    const std::vector<std::filesystem::path>& files, Sandbox::Network network);

/// QEMU with an instruction counter, stopped before its first instruction. All that it is asked for ends by a number of
/// instructions, so that a slow computer gives the same verdict as a quick one.
class Bench {
   public:
    explicit Bench(const BenchOptions& options);

    machine::Rsp& rsp() { return machine_.rsp(); }
    machine::Console& console() { return machine_.console(); }
    const machine::Symbols& kernel() const { return kernel_; }

    /// Runs until the machine is about to execute `place`. @throws Failure (Hang) after that many instructions; (Crash)
    /// when the kernel panics or the machine resets meanwhile
    void run_to(VirtAddr place, u64 instructions);
    /// Calls a function of the kernel with interrupts off, from where the machine stands, and comes back there.
    /// Returns RAX. @throws as run_to
    /// `stopped` is called wherever the machine stops on the way, such as behind a watched store.
    using Stopped = std::function<void()>;
    u64 call(const std::string& function, const std::vector<u64>& arguments, u64 instructions,
             const Stopped& stopped = {});
    /// Types on the console, of a machine that runs only meanwhile.
    void type(const std::string& keys);
    /// What the last run or call took, give or take 40.
    u64 used_instructions() const { return used_; }
    /// Lets the machine run until `text` appears on the console, behind what was waited for last; it may stand there already,
    /// for a machine may answer while one still types. @throws as run_to
    void run_to_text(const std::string& text, u64 instructions);

    /// Memory of the kernel's, by the name of a symbol or by address.
    machine::Bytes read(const std::string& symbol, usize bytes) {
        return rsp().read(kernel_.address_of(symbol), bytes);
    }

   private:
    /// Nanoseconds of the machine's own time; goes round after 4.6 s.
    u64 now();
    /// Lets the machine run until `done`, asked at each stop where it stands, says so; returns the registers there.
    template <class Done>
    machine::Registers run_until(u64 instructions, const Done& done);
    /// Reads the console. @throws Failure where it says more than any kernel has to say
    void listen();
    [[noreturn]] void report_end(const std::string& refusal);
    [[noreturn]] void report_panic(const machine::Registers& registers);

    machine::Machine machine_;
    machine::Symbols kernel_;
    VirtAddr panic_;
    VirtAddr return_{};     ///< where the last call came back to, and stops again
    usize waited_for_ = 0;  ///< of the console's text: up to here
    u64 used_ = 0;
    u64 nanoseconds_;  ///< of the machine's time that stand for an instruction
};

}  // namespace grading
