// SPDX-License-Identifier: MIT
/// @file
/// @brief How the machine comes to stand and goes on: the stub's traps, its conversation, and the cores it holds.
/// @chapter observability
#include "debug/stub.h"

#include <algorithm>

#include "debug/stub_hold.h"
#include "debug/stub_port.h"
#include "debug/stub_session.h"
#include "debug/stub_vmcs.h"
#include "drivers/io_apic.h"
#include "drivers/power.h"
#include "lib/log.h"
#include "sched/thread.h"
#include "trace/trace.h"
#include "x86/cpu.h"
#include "x86/local_apic.h"
#include "x86/registers.h"
#include "x86/traps.h"

/// What a trap executes before the stub has taken its breakpoints out, which therefore may not have any.
extern "C" const char trap_stubs[], trap_stubs_end[], special_entry[], special_entry_end[];
extern "C" const char stub_text_begin[], stub_text_end[];
/// The functions that enter guests. Up to its end, the first has a guest's GS loaded, with which no trap can be taken.
extern "C" const char svm_enter[], vmx_exit[];

namespace stub {
namespace {

/// The machine, towards the session.
class Machine final : public Target {
   public:
    unsigned cores() const override;
    void describe(unsigned core, Sink& sink) override;
    void read_registers(unsigned core, RegisterFile& registers) override;
    bool write_registers(unsigned core, const RegisterFile& r) override {
        return stopped[core].is_stopped() && stopped[core].write(r);
    }
    bool read(unsigned core, VirtAddr from, std::span<u8> to) override { return memory.read(root(core), from, to); }
    bool write(unsigned core, VirtAddr to, std::span<const u8> from) override {
        return memory.write(root(core), to, from);
    }
    bool read(PhysAddr from, std::span<u8> to) override { return memory.read(from, to); }
    bool write(PhysAddr to, std::span<const u8> from) override { return memory.write(to, from); }
    bool add_point(unsigned core, const Point& point) override;
    bool remove_point(const Point& point) override;
    void clear_points() override;

    Memory memory;
    SoftwarePoints software;
    HardwarePoints hardware;

   private:
    static PhysAddr root(unsigned core) { return stopped[core].root(); }
};

/// A thread that was to step; its trap flag is ours, on whatever core it takes the step.
struct Step {
    const Thread* thread = nullptr;
    bool awaited = false;
};

/// A step over a VM entry, which no trap flag ends: the guest's run lies in between. It ends at an INT3 behind the exit.
struct EntryStep {
    VirtAddr behind{};
    bool awaited = false;
    bool planted = false;  ///< by us: nobody else wants one there
};

constinit Machine target;
constinit EntryStep entry_step;
constinit SerialPort port;
constinit Session session(target, port);
constinit Step steps[kMaxCpus];
constinit TrapHandler other_debug_handler = nullptr, other_breakpoint_handler = nullptr;
constinit bool listening = false, standing = false, panicked = false, steps_alone = false;
constinit Patience panic_patience = Patience::WhileAttached;

bool lies_in(VirtAddr address, const char* begin, const char* end) {
    return address.raw >= reinterpret_cast<u64>(begin) && address.raw < reinterpret_cast<u64>(end);
}

/// Behind the instruction `0f 01 last`, the first of them from `begin` on.
const char* behind_instruction(const char* begin, char last) {
    while (begin[0] != 0x0f || begin[1] != 0x01 || begin[2] != last) ++begin;
    return begin + 3;
}
constexpr char kClgi = static_cast<char>(0xdd), kStgi = static_cast<char>(0xdc);
constexpr u8 kVmlaunch[] = {0x0f, 0x01, 0xc2}, kVmresume[] = {0x0f, 0x01, 0xc3};

/// Whether a trap here would find a guest's GS.
bool has_guests_segments(VirtAddr address) {
    const char* begin = behind_instruction(svm_enter, kClgi);
    return lies_in(address, begin, behind_instruction(begin, kStgi));
}

bool is_our_own(VirtAddr address) {
    return lies_in(address, trap_stubs, trap_stubs_end) || lies_in(address, special_entry, special_entry_end) ||
           lies_in(address, stub_text_begin, stub_text_end) || has_guests_segments(address);
}

/// Where a core is next seen that executes the instruction at `rip`, where that is one that takes it into a guest.
VirtAddr behind_guests_run(PhysAddr root, u64 rip) {
    const char* clgi_end = behind_instruction(svm_enter, kClgi);
    if (rip + 3 == reinterpret_cast<u64>(clgi_end))
        return VirtAddr(reinterpret_cast<u64>(behind_instruction(clgi_end, kStgi)));
    u8 code[3] = {};
    if (!target.memory.read(root, VirtAddr(rip), code)) return VirtAddr(0);
    const bool enters = std::equal(std::begin(code), std::end(code), std::begin(kVmlaunch)) ||
                        std::equal(std::begin(code), std::end(code), std::begin(kVmresume));
    return VirtAddr(enters ? reinterpret_cast<u64>(vmx_exit) : 0);
}

bool is_process_root(PhysAddr root) {
    return std::any_of(std::begin(twain_debug.processes), std::end(twain_debug.processes),
                       [root](const abi::DebugProcess& process) { return process.root == root.raw; });
}

unsigned Machine::cores() const {
    unsigned count = 0;
    for (const Cpu* cpu : all_cpus) count += cpu != nullptr;
    return count;
}

void Machine::describe(unsigned core, Sink& sink) {
    const Thread* thread = all_cpus[core] ? all_cpus[core]->current : nullptr;
    if (!stopped[core].is_stopped()) return print(sink, "core ", core, ", which does not answer");
    print(sink, "core ", core, stopped[core].frame().from_user() ? ", ring 3" : ", ring 0");
    if (thread) print(sink, ", thread ", thread->number(), " (", thread->name(), ")");
}

void Machine::read_registers(unsigned core, RegisterFile& registers) {
    registers = {};
    if (stopped[core].is_stopped()) stopped[core].read(registers);
}

bool Machine::add_point(unsigned core, const Point& point) {
    const bool executes = point.kind == PointKind::Software || point.kind == PointKind::Hardware;
    if (executes && is_our_own(point.address)) return false;
    if (point.kind == PointKind::Software) return software.add(memory, root(core).page(), point.address);
    return hardware.add(point);
}

bool Machine::remove_point(const Point& point) {
    return point.kind == PointKind::Software ? software.remove(point.address) : hardware.remove(point);
}

void Machine::clear_points() {
    software.clear();
    hardware.clear();
}

/// Talks until the machine is to go on. After a panic it never is: only a debugger that leaves can end that.
Resume converse() {
    for (;;) {
        const Resume resume = session.take(port.receive());
        if (resume == Resume::Stay) continue;
        if (!panicked || resume == Resume::Kill) return resume;
        if (resume != Resume::Detach) {
            session.show("Twain has panicked and cannot go on; look at it, or end it by detach or kill.\n");
            session.note_stop({.signal = StopReason::Aborted, .core = this_cpu().index});
        } else if (panic_patience == Patience::WhileAttached) {
            return resume;
        }
    }
}

Step* step_of(const Thread* thread) {
    const auto step =
        std::find_if(std::begin(steps), std::end(steps), [thread](const Step& s) { return s.thread == thread; });
    return step == std::end(steps) ? nullptr : step;
}

void begin_step(unsigned core) {
    const Thread* thread = all_cpus[core]->current;
    Step* step = step_of(thread);
    if (!step) step = step_of(nullptr);
    if (!stopped[core].is_stopped() || !step) return;
    const VirtAddr behind = behind_guests_run(stopped[core].root(), stopped[core].frame().rip);
    if (behind != VirtAddr(0)) {
        const auto place = target.memory.translate(stopped[core].root(), behind);
        const bool wanted = place && target.software.has(*place);
        entry_step = {behind, true, !wanted && target.software.add(target.memory, stopped[core].root(), behind)};
        return;
    }
    *step = {thread, true};
    stopped[core].frame().rflags |= Rflags::TF;
}

/// Another stop has overtaken the steps that were to come. A thread that does not stand before its instruction, because it is in
/// the trap behind it or has lost its core, is met with its flag later.
void forget_steps() {
    if (entry_step.planted) target.software.remove(entry_step.behind);
    entry_step = {};
    for (Step& step : steps) step.awaited = false;
    for_each_core([](const Cpu& core) {
        StoppedCore& here = stopped[core.index];
        Step* step = step_of(core.current);
        if (!here.is_stopped() || !step || !(here.frame().rflags & Rflags::TF)) return;
        here.frame().rflags &= ~Rflags::TF;
        *step = {};
    });
}

bool all_stand() {
    return std::all_of(std::begin(all_cpus), std::end(all_cpus),
                       [](const Cpu* cpu) { return !cpu || stopped[cpu->index].is_stopped(); });
}

/// The machine stands from here until a debugger lets it go. The breakpoints are out and the other cores wait already.
void stand(TrapFrame& frame, StopReason reason) {
    const unsigned core = reason.core = this_cpu().index;
    standing = true;
    stopped[core].take(frame);
    vmcs::take_current();
    if (all_stand()) vmcs::take_others();
    forget_steps();
    session.note_stop(reason);
    const Resume resume = converse();
    if (resume == Resume::Kill) panicked ? end_after_panic() : power_off();
    const bool steps_here = resume == Resume::Step && session.stepping_core() == core;
    steps_alone = steps_here && session.others_wait();
    if (resume == Resume::Step) begin_step(session.stepping_core());
    vmcs::forget();
    stopped[core].load();
    host_breakpoints::wanted = target.hardware.registers();
    standing = false;
}

/// The first and the last thing of every trap of the stub's: in between, the kernel has no breakpoints, and no other core runs
/// that could miss one.
void begin() {
    x86::write_dr7(DebugControl::kNothing);
    hold::claim();
    hold::stop_others();
    target.software.lift();
}
void end() {
    if (panicked) return;  // nobody goes on
    target.software.plant(target.memory, is_process_root);
    host_breakpoints::load();
    steps_alone ? hold::keep_others_for_step() : hold::let_go();
}

/// What a trap turned out to be.
enum class Finding : u8 { Nothing, Stop, NotOurs };

Finding examine_debug(TrapFrame& frame, u64 status, StopReason& reason) {
    Step* step = DebugStatus(status).single_step() ? step_of(this_cpu().current) : nullptr;
    const bool stepped = step && step->awaited;
    if (step) {
        // The step that was asked for, or one that another stop has overtaken.
        frame.rflags &= ~Rflags::TF;
        *step = {};
    }
    reason.point = target.hardware.hit(status);
    if (stepped || reason.point) return Finding::Stop;
    // A breakpoint may be gone by the time that it is heard of: another core stopped the machine first.
    return step || DebugStatus(status).hit_any() ? Finding::Nothing : Finding::NotOurs;
}

void on_debug(TrapFrame& frame) {
    begin();
    const u64 status = x86::read_dr6();
    x86::write_dr6(DebugStatus::kNothing);
    StopReason reason;
    const Finding finding = examine_debug(frame, status, reason);
    if (finding == Finding::Stop) stand(frame, reason);
    end();
    if (finding == Finding::NotOurs) other_debug_handler(frame);
}

/// Whether the two bytes before RIP are none that cause this trap: this core met an INT3 of ours while another one stopped the
/// machine, and the debugger has taken it away.
bool has_gone(u64 rip) {
    u8 code[2] = {};
    constexpr u8 kInt3 = 0xcc, kInt = 0xcd;
    if (!target.memory.read(PhysAddr(x86::read_cr3()), VirtAddr(rip - 2), code)) return false;
    return code[1] != kInt3 && !(code[0] == kInt && code[1] == vector::kBreakpoint);
}

/// RIP stands behind the INT3.
void on_breakpoint(TrapFrame& frame) {
    begin();
    StopReason reason;
    const auto place = target.memory.translate(PhysAddr(x86::read_cr3()), VirtAddr(frame.rip - 1));
    const bool ours = !panicked && place && target.software.has(*place);
    const bool again = !ours && !panicked && has_gone(frame.rip);
    if (panicked) reason.signal = StopReason::Aborted;
    if (ours || again) --frame.rip;
    const bool stepped = entry_step.awaited && entry_step.behind == VirtAddr(frame.rip);
    if (ours && !stepped) reason.point = Point{PointKind::Software, VirtAddr(frame.rip), 1};
    if (ours || panicked) stand(frame, reason);
    end();
    if (!ours && !panicked && !again) other_breakpoint_handler(frame);
}

/// The port's interrupt: somebody presses Ctrl-C, or begins to talk. It also ends HLT, and ring V before it comes.
void on_port(TrapFrame& frame) {
    this_cpu().interrupts++;
    // The bytes are those of the core that has the stub.
    for (steps_alone = false; !steps_alone;) {
        hold::claim();
        if (!port.has_byte()) break;
        if (!session.take_while_running(port.receive())) continue;
        begin();
        stand(frame, {.signal = StopReason::Interrupted});
        end();
    }
    if (!steps_alone) hold::let_go();
    local_apic::end_of_interrupt();
}

}  // namespace

void init(std::span<const PhysRange> ram) {
    hold::init();
    if (!port.init()) return;
    vmcs::init();
    target.memory.set_ram(ram);
    io_apic::connect_isa(SerialPort::kIsaInterrupt, [] {});
    trap_handlers[vector::kDeviceFirst + SerialPort::kIsaInterrupt] = on_port;
    other_debug_handler = std::exchange(trap_handlers[vector::kDebug], on_debug);
    other_breakpoint_handler = std::exchange(trap_handlers[vector::kBreakpoint], on_breakpoint);
    listening = true;
    log("stub: a debugger can attach on the second serial port");
}

void stop_other_cores() {
    // Before the first of them has started, not even this core may know itself.
    if (std::count(std::begin(all_cpus), std::end(all_cpus), nullptr) >= static_cast<std::ptrdiff_t>(kMaxCpus) - 1)
        return;
    hold::claim();
    hold::stop_others();
}

void stay_after_panic(Patience patience) {
    if (!listening || standing || panicked) return;
    if (patience == Patience::WhileAttached && !session.is_attached()) return;
    panic_patience = patience;
    panicked = true;
    asm volatile("int3");
}

}  // namespace stub
