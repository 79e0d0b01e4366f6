// SPDX-License-Identifier: MIT
/// @file
/// @brief How the machine comes to stand and goes on: the stub's traps, its conversation, and the cores it holds.
/// @chapter observability
#include "debug/stub.h"

#include <algorithm>

#include "debug/stub_core.h"
#include "debug/stub_port.h"
#include "debug/stub_session.h"
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

namespace stub {
namespace {

/// The machine, towards the session.
class Machine final : public Target {
   public:
    unsigned cores() const override;
    void describe(unsigned core, Sink& sink) override;
    void read_registers(unsigned core, RegisterFile& registers) override { stopped[core].read(registers); }
    bool write_registers(unsigned core, const RegisterFile& r) override { return stopped[core].write(r); }
    bool read(unsigned core, VirtAddr from, std::span<u8> to) override {
        return memory.read(stopped[core].root(), from, to);
    }
    bool write(unsigned core, VirtAddr to, std::span<const u8> from) override {
        return memory.write(stopped[core].root(), to, from);
    }
    bool read(PhysAddr from, std::span<u8> to) override { return memory.read(from, to); }
    bool write(PhysAddr to, std::span<const u8> from) override { return memory.write(to, from); }
    bool add_point(unsigned core, const Point& point) override;
    bool remove_point(const Point& point) override;
    void clear_points() override;

    Memory memory;
    SoftwarePoints software;
    HardwarePoints hardware;
    StoppedCore stopped[kMaxCpus];
};

/// The thread that a core was to step with; its trap flag is ours.
struct Step {
    const Thread* thread = nullptr;
    bool awaited = false;
};

constinit Machine target;
constinit SerialPort port;
constinit Session session(target, port);
constinit Step steps[kMaxCpus];
constinit TrapHandler other_debug_handler = nullptr, other_breakpoint_handler = nullptr;
constinit bool listening = false, standing = false, panicked = false;
constinit Patience panic_patience = Patience::WhileAttached;

bool lies_in(VirtAddr address, const char* begin, const char* end) {
    return address.raw >= reinterpret_cast<u64>(begin) && address.raw < reinterpret_cast<u64>(end);
}

bool is_our_own(VirtAddr address) {
    return lies_in(address, trap_stubs, trap_stubs_end) || lies_in(address, special_entry, special_entry_end) ||
           lies_in(address, stub_text_begin, stub_text_end);
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
    print(sink, "core ", core, stopped[core].frame().from_user() ? ", ring 3" : ", ring 0");
    if (thread) print(sink, ", thread ", thread->number(), " (", thread->name(), ")");
}

bool Machine::add_point(unsigned core, const Point& point) {
    const bool executes = point.kind == PointKind::Software || point.kind == PointKind::Hardware;
    if (executes && is_our_own(point.address)) return false;
    if (point.kind == PointKind::Software) return software.add(memory, stopped[core].root().page(), point.address);
    return hardware.add(point);
}

bool Machine::remove_point(const Point& point) {
    return point.kind == PointKind::Software ? software.remove(point.address) : hardware.remove(point);
}

void Machine::clear_points() {
    software.clear();
    hardware.clear();
}

/// The one place where the other cores are brought to wait, each with its registers taken down, and let go again. While only
/// the boot core runs there are none.
void hold_other_cores() {}
void release_other_cores() {}

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

void begin_step(unsigned core) {
    steps[core] = {all_cpus[core]->current, true};
    target.stopped[core].frame().rflags |= Rflags::TF;
}

/// The machine stands from here until a debugger lets it go. The breakpoints are out already.
void stand(TrapFrame& frame, StopReason reason) {
    const unsigned core = reason.core = this_cpu().index;
    standing = true;
    hold_other_cores();
    if (steps[core].thread == this_cpu().current) frame.rflags &= ~Rflags::TF;
    steps[core].awaited = false;
    target.stopped[core].take(frame);
    session.note_stop(reason);
    const Resume resume = converse();
    if (resume == Resume::Kill) panicked ? end_after_panic() : power_off();
    if (resume == Resume::Step) begin_step(session.stepping_core());
    target.stopped[core].load();
    host_breakpoints::wanted = target.hardware.registers();
    standing = false;
    release_other_cores();
}

/// The first and the last thing of every trap of the stub's: in between, the kernel has no breakpoints.
void take_points_out() {
    x86::write_dr7(DebugControl::kNothing);
    target.software.lift();
}
void put_points_in() {
    if (panicked) return;
    target.software.plant(target.memory, is_process_root);
    host_breakpoints::load();
}

/// What a trap turned out to be.
enum class Finding : u8 { Nothing, Stop, NotOurs };

Finding examine_debug(TrapFrame& frame, u64 status, StopReason& reason) {
    Step& step = steps[this_cpu().index];
    const bool of_stepped = DebugStatus(status).single_step() && step.thread == this_cpu().current;
    const bool stepped = of_stepped && step.awaited;
    if (of_stepped) {
        // The step that was asked for, or one that another stop has overtaken.
        frame.rflags &= ~Rflags::TF;
        step = {};
    }
    reason.point = target.hardware.hit(status);
    if (stepped || reason.point) return Finding::Stop;
    return of_stepped ? Finding::Nothing : Finding::NotOurs;
}

void on_debug(TrapFrame& frame) {
    take_points_out();
    const u64 status = x86::read_dr6();
    x86::write_dr6(DebugStatus::kNothing);
    StopReason reason;
    const Finding finding = examine_debug(frame, status, reason);
    if (finding == Finding::Stop) stand(frame, reason);
    put_points_in();
    if (finding == Finding::NotOurs) other_debug_handler(frame);
}

/// RIP stands behind the INT3.
void on_breakpoint(TrapFrame& frame) {
    take_points_out();
    StopReason reason;
    const auto place = target.memory.translate(PhysAddr(x86::read_cr3()), VirtAddr(frame.rip - 1));
    const bool ours = !panicked && place && target.software.has(*place);
    if (panicked) reason.signal = StopReason::Aborted;
    if (ours) {
        --frame.rip;
        reason.point = Point{PointKind::Software, VirtAddr(frame.rip), 1};
    }
    if (ours || panicked) stand(frame, reason);
    put_points_in();
    if (!ours && !panicked) other_breakpoint_handler(frame);
}

/// The port's interrupt: somebody presses Ctrl-C, or begins to talk. It also ends HLT, and ring V before it comes.
void on_port(TrapFrame& frame) {
    this_cpu().interrupts++;
    while (port.has_byte()) {
        if (!session.take_while_running(port.receive())) continue;
        take_points_out();
        stand(frame, {.signal = StopReason::Interrupted});
        put_points_in();
    }
    local_apic::end_of_interrupt();
}

}  // namespace

void init(std::span<const PhysRange> ram) {
    if (!port.init()) return;
    target.memory.set_ram(ram);
    io_apic::connect_isa(SerialPort::kIsaInterrupt, [] {});
    trap_handlers[vector::kDeviceFirst + SerialPort::kIsaInterrupt] = on_port;
    other_debug_handler = std::exchange(trap_handlers[vector::kDebug], on_debug);
    other_breakpoint_handler = std::exchange(trap_handlers[vector::kBreakpoint], on_breakpoint);
    listening = true;
    log("stub: a debugger can attach on the second serial port");
}

void stay_after_panic(Patience patience) {
    if (!listening || standing || panicked) return;
    if (patience == Patience::WhileAttached && !session.is_attached()) return;
    panic_patience = patience;
    panicked = true;
    asm volatile("int3");
}

}  // namespace stub
