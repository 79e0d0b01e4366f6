// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading a moment of a machine.
/// @chapter observability
#include "debugger-ui/target/capture.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "debugger-ui/model/checker.h"
#include "debugger-ui/rsp/error.h"
#include "x86/vmcb.h"

namespace debugger {
namespace {

constexpr usize kStackFrames = 24, kCodeBytes = 96, kInstructions = 14;
/// How long one look may take for the trace, and how many records are asked for at once.
constexpr auto kMoment = std::chrono::milliseconds(60);
constexpr u64 kFewestAtOnce = 32, kMostAtOnce = 1 << 16;
/// Source files longer than this are something else.
constexpr usize kMostLines = 20'000;

template <class T>
bool read_value(const ReadPhysical& read, PhysAddr from, T& value) {
    return read(from, {reinterpret_cast<u8*>(&value), sizeof(T)});
}

void take_instructions(u64 address, const machine::Bytes& code, Snapshot& snapshot) {
    usize at = 0;
    while (at < code.size() && snapshot.instructions.size() < kInstructions) {
        ZydisDisassembledInstruction one;
        if (!ZYAN_SUCCESS(ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64, address + at, code.data() + at,
                                                code.size() - at, &one))) {
            break;
        }
        snapshot.instructions.push_back({address + at, one.text});
        at += one.info.length;
    }
}

}  // namespace

Capture::Capture(const machine::Symbols& symbols, const TargetPlace& target)
    : symbols_(symbols), sources_(std::filesystem::absolute(target.kernel).parent_path().parent_path()) {
    if (!target.guest_symbols.empty()) guest_map_.emplace(target.guest_symbols);
    const std::optional<PhysAddr> place = symbols.physical_of(symbols.address_of("twain_debug"));
    if (!place) throw machine::Error("twain_debug does not lie in the kernel's image");
    block_ = *place;
}

void Capture::take_memory(const ReadPhysical& read, const Selection& selection, Extent extent, Snapshot& snapshot) {
    abi::DebugBlock block;
    snapshot.log = log_;
    if (!read_value(read, block_, block) || block.magic != abi::kDebugMagic) return;  // the kernel has not started yet
    if (block.version != abi::kDebugVersion || block.trace_record_bytes != sizeof(abi::TraceRecord)) {
        throw machine::Error("the machine's kernel is not the one of this debugger: its twain_debug has version " +
                             std::to_string(block.version) + ", not " + std::to_string(abi::kDebugVersion));
    }
    snapshot.format = block.nested_format == 1 ? NestedFormat::Ept : NestedFormat::Npt;
    for (const abi::DebugProcess& process : block.processes) {
        if (process.root == 0) continue;
        snapshot.processes.push_back({PhysAddr(process.root), process.pid,
                                      std::string(process.name, ::strnlen(process.name, sizeof(process.name)))});
    }
    ring_ = {PhysAddr(block.trace), block.trace_records, block.trace_next};
    take_records(read, snapshot);
    take_vcpus(read, block, snapshot);
    PageCollector collector(read, keeps_ ? kept_ : PageSet());
    gather_pages(collector, snapshot, selection);
    if (extent == Extent::AllPairs) {
        for (const Process& process : snapshot.processes) check_tree(collector, process.root, snapshot.format);
    }
    snapshot.pages = collector.pages();
    if (keeps_) kept_ = snapshot.pages;
}

void Capture::take_records(const ReadPhysical& read, Snapshot& snapshot) {
    const auto begin = machine::Clock::now();
    do {
        const auto before = machine::Clock::now();
        snapshot.records_behind = drain_ring(read, ring_, log_, records_at_once_);
        const auto took = machine::Clock::now() - before;
        if (took > kMoment) records_at_once_ = std::max<u64>(records_at_once_ / 2, kFewestAtOnce);
        if (took < kMoment / 4) records_at_once_ = std::min<u64>(records_at_once_ * 2, kMostAtOnce);
    } while (snapshot.records_behind > 0 && machine::Clock::now() - begin < kMoment);
    snapshot.log = log_;
}

void Capture::take_vcpus(const ReadPhysical& read, const abi::DebugBlock& block, Snapshot& snapshot) {
    for (const abi::DebugVcpu& entry : block.vcpus) {
        if (entry.control_block == 0) continue;
        Vcpu vcpu{entry.thread, entry.in_guest != 0, false, {}, 0};
        Vmcb state;
        // A VMCS cannot be read from memory: its layout is the processor's own.
        if (snapshot.format == NestedFormat::Npt && read_value(read, PhysAddr(entry.control_block), state)) {
            vcpu.paging = {state.state.cr0, state.state.cr3, state.state.cr4, state.state.efer};
            vcpu.rip = state.state.rip;
            vcpu.paging_known = true;
            vcpu.control = fields_of(state);
            // Linux moves its kernel; where its system calls enter says by how much.
            const auto call = guest_map_ ? guest_map_->address_of("entry_SYSCALL_64") : std::nullopt;
            if (call && state.state.lstar != 0) guest_slide_ = state.state.lstar - *call;
        }
        // While the core is in the guest, its registers are the guest's, and the control block's are old.
        const auto of = [&](std::string_view name) {
            const auto found = std::find_if(snapshot.registers.begin(), snapshot.registers.end(),
                                            [&](const Register& one) { return one.name == name; });
            return found == snapshot.registers.end() ? 0 : found->value;
        };
        const bool is_a_process =
            std::any_of(snapshot.processes.begin(), snapshot.processes.end(),
                        [&](const Process& process) { return process.root.raw == (of("cr3") & HostEntry::kFrame); });
        if (vcpu.in_guest && !snapshot.registers.empty() && !snapshot.core_is_in_kernel && !is_a_process) {
            vcpu.control.clear();
            vcpu.paging = {of("cr0"), of("cr3"), of("cr4"), of("efer")};
            vcpu.rip = of("rip");
            vcpu.paging_known = true;
        }
        snapshot.vcpus.push_back(vcpu);
    }
}

void Capture::take_surroundings(Target&, const Standing&, const ReadPhysical& read, const Selection& selection,
                                Snapshot& snapshot) {
    PageCollector collector(read, snapshot.pages);
    const auto in_guest = std::find_if(snapshot.vcpus.begin(), snapshot.vcpus.end(),
                                       [](const Vcpu& vcpu) { return vcpu.in_guest && vcpu.paging_known; });
    if (!snapshot.core_is_in_kernel && in_guest != snapshot.vcpus.end()) {
        // The stub would look the guest's code up in the wrong tables.
        Selection guest = selection;
        guest.vcpu = static_cast<usize>(in_guest - snapshot.vcpus.begin());
        const u64 rip = in_guest->rip;
        const MemoryText code = read_memory(collector, snapshot, guest, {MemorySpace::GuestVirtual, rip, kCodeBytes});
        machine::Bytes bytes;
        for (const auto& byte : code.bytes) {
            if (!byte) break;
            bytes.push_back(*byte);
        }
        snapshot.instructions.clear();
        take_instructions(rip, bytes, snapshot);
        if (guest_map_) snapshot.guest_symbol = guest_map_->name_at(rip, guest_slide_);
    }
    if (selection.memory.bytes != 0) snapshot.memory = read_memory(collector, snapshot, selection, selection.memory);
}

void Capture::take_core(Target& target, const Standing& standing, Snapshot& snapshot) {
    static constexpr const char* kNames[] = {
        "rip", "eflags", "rax",     "rbx",     "rcx",       "rdx", "rsi", "rdi", "rbp", "rsp", "r8",
        "r9",  "r10",    "r11",     "r12",     "r13",       "r14", "r15", "cs",  "ss",  "ds",  "es",
        "fs",  "gs",     "fs_base", "gs_base", "k_gs_base", "cr0", "cr2", "cr3", "cr4", "cr8", "efer"};
    const machine::Registers registers = target.registers(standing);
    snapshot.core = target.core();
    for (const char* name : kNames) {
        if (target.description().find(name)) snapshot.registers.push_back({name, registers[name]});
    }
    const u64 rip = registers["rip"];
    snapshot.core_is_in_kernel = symbols_.physical_of(VirtAddr(rip)).has_value();
    if (const auto code = target.read(standing, VirtAddr(rip), kCodeBytes)) take_instructions(rip, *code, snapshot);
    take_stack(target, standing, registers, snapshot);
}

void Capture::take_stack(Target& target, const Standing& standing, const machine::Registers& registers,
                         Snapshot& snapshot) {
    if (!symbols_.physical_of(VirtAddr(registers["rip"]))) return;  // not in the kernel
    const auto read = [&](VirtAddr address) -> std::optional<u64> {
        const auto bytes = target.read(standing, address, 8);
        if (!bytes) return std::nullopt;
        return machine::number_from_bytes(*bytes);
    };
    for (const machine::Frame& frame : symbols_.backtrace(registers, read, kStackFrames)) {
        std::string functions;
        for (const std::string& name : frame.functions) functions += (functions.empty() ? "" : " < ") + name;
        snapshot.stack.push_back({frame.pc.raw, functions, frame.source.file, frame.source.line});
    }
    if (!snapshot.stack.empty()) snapshot.source = source_of(snapshot.stack.front().file);
}

std::shared_ptr<const SourceText> Capture::source_of(const std::string& file) {
    if (source_ && source_->file == file) return source_;
    std::ifstream input(file);
    // The kernel's names begin at the top of its sources, which its own file lies below.
    if (!input) input.open(sources_ / file);
    if (!input) return nullptr;
    auto text = std::make_shared<SourceText>();
    text->file = file;
    for (std::string line; text->lines.size() < kMostLines && std::getline(input, line);) text->lines.push_back(line);
    return source_ = text;
}

}  // namespace debugger
