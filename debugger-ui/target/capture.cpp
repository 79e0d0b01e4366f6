// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading a moment of a machine.
/// @chapter observability
#include "debugger-ui/target/capture.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "debugger-ui/model/checker.h"
#include "debugger-ui/rsp/error.h"
#include "x86/vmcb.h"

namespace debugger {
namespace {

constexpr usize kStackFrames = 24, kStackPiece = 1024, kCodeBytes = 96, kInstructions = 14;
/// How long one look may take for the trace, and how many records are asked for at once.
constexpr auto kMoment = std::chrono::milliseconds(60);
constexpr u64 kFewestAtOnce = 32, kMostAtOnce = 1 << 16;
/// Of its process, and of its file.
constexpr const char* kVmmName = "vmm";

template <class T>
bool read_value(const ReadPhysical& read, PhysAddr from, T& value) {
    return read(from, {reinterpret_cast<u8*>(&value), sizeof(T)});
}

u64 register_of(const Snapshot& snapshot, std::string_view name) {
    const auto found = std::find_if(snapshot.registers.begin(), snapshot.registers.end(),
                                    [&](const Register& one) { return one.name == name; });
    return found == snapshot.registers.end() ? 0 : found->value;
}

/// Whether it is a process's: while a guest runs, CR3 is the guest's.
bool has_root(const Snapshot& snapshot, u64 cr3) {
    return std::any_of(snapshot.processes.begin(), snapshot.processes.end(),
                       [&](const Process& process) { return process.root.raw == (cr3 & HostEntry::kFrame); });
}

}  // namespace

Capture::Capture(const machine::Symbols& symbols, const TargetPlace& target)
    : symbols_(symbols), code_(std::filesystem::absolute(target.kernel).parent_path().parent_path()), exits_(symbols) {
    if (!target.guest_symbols.empty()) guest_map_.emplace(target.guest_symbols);
    vmm_file_ = target.vmm.empty() ? target.kernel.parent_path() / kVmmName : target.vmm;
    if (!target.vmm.empty()) vmm_ = std::make_unique<machine::Symbols>(vmm_file_);  // whether it is one shows at once
    const std::optional<PhysAddr> place = symbols.physical_of(symbols.address_of("twain_debug"));
    if (!place) throw machine::Error("twain_debug does not lie in the kernel's image");
    block_ = *place;
    build_id_ = symbols.build_id();
    build_note_ = symbols.physical_of(symbols.address_of("build_id_note"));
}

/// Whether the kernel that runs is the one whose symbols these are. The block may lie elsewhere in another kernel; the note,
/// which the linker puts first of all, does not.
void Capture::check_build(const ReadPhysical& read, const abi::DebugBlock& block) const {
    struct {
        u32 name_bytes, bytes, type;
        char name[4];
        u8 id[abi::kBuildIdBytes];
    } note{};
    constexpr u32 kBuildIdType = 3;  // @spec{GNU ABI, Notes: NT_GNU_BUILD_ID}
    if (!build_note_ || !read_value(read, *build_note_, note) || note.type != kBuildIdType ||
        note.bytes != sizeof(note.id) || std::memcmp(note.name, "GNU", 4) != 0) {
        // No kernel of ours, or none yet.
        if (block.magic != abi::kDebugMagic) return;
        std::memcpy(note.id, block.build_id, sizeof(note.id));
    }
    if (std::equal(build_id_.begin(), build_id_.end(), std::begin(note.id), std::end(note.id))) return;
    throw machine::Error("the machine runs another kernel than the one of these symbols: build " +
                         machine::hex_from_bytes(std::span(note.id).first(6)) + ", not " +
                         machine::hex_from_bytes(std::span(build_id_).first(std::min<usize>(build_id_.size(), 6))) +
                         "; --kernel names the right file");
}

void Capture::take_memory(const ReadPhysical& read, const Selection& selection, Extent extent, Snapshot& snapshot) {
    abi::DebugBlock block;
    snapshot.log = log_;
    if (!read_value(read, block_, block)) return;
    check_build(read, block);
    if (block.magic != abi::kDebugMagic) return;  // the kernel has not started yet
    if (block.version != abi::kDebugVersion || block.trace_record_bytes != sizeof(abi::TraceRecord)) {
        throw machine::Error("the machine's kernel is not the one of this debugger: its twain_debug has version " +
                             std::to_string(block.version) + ", not " + std::to_string(abi::kDebugVersion));
    }
    snapshot.format = block.nested_format == 1 ? NestedFormat::Ept : NestedFormat::Npt;
    for (const abi::DebugProcess& process : block.processes) {
        if (process.root == 0) continue;
        snapshot.processes.push_back({PhysAddr(process.root), process.pid,
                                      std::string(process.name, ::strnlen(process.name, sizeof(process.name))),
                                      process.image});
    }
    ring_ = {PhysAddr(block.trace), block.trace_records, block.trace_next};
    take_records(read, snapshot);
    take_vcpus(read, block, snapshot);
    snapshot.exits = exits_.count(read, block);
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
    for (usize place = 0; place < std::size(block.vcpus); ++place) {
        const abi::DebugVcpu& entry = block.vcpus[place];
        if (entry.control_block == 0) continue;
        Vcpu vcpu{entry.thread, entry.in_guest != 0, false, {}, 0};
        vcpu.paging_known = take_control_block(read, block, place, vcpu);
        // While the core is in the guest, its registers are the guest's, and the control block's are old.
        const auto of = [&](std::string_view name) { return register_of(snapshot, name); };
        if (vcpu.in_guest && !snapshot.registers.empty() && !snapshot.core_is_in_kernel &&
            !has_root(snapshot, of("cr3"))) {
            vcpu.control.clear();
            vcpu.paging = {of("cr0"), of("cr3"), of("cr4"), of("efer")};
            vcpu.rip = of("rip");
            vcpu.paging_known = true;
        }
        snapshot.vcpus.push_back(vcpu);
    }
}

const machine::Symbols* Capture::vmm_symbols(const Snapshot& snapshot) {
    const auto vmm = std::find_if(snapshot.processes.begin(), snapshot.processes.end(), [](const Process& process) {
        return process.name == kVmmName && process.image != 0;
    });
    if (vmm == snapshot.processes.end()) return nullptr;
    if (vmm_image_ != vmm->image) {
        vmm_image_ = vmm->image;
        vmm_.reset();
        if (std::filesystem::exists(vmm_file_)) vmm_ = std::make_unique<machine::Symbols>(vmm_file_, vmm_image_);
    }
    return vmm_.get();
}

/// False: it cannot be read now.
bool Capture::take_control_block(const ReadPhysical& read, const abi::DebugBlock& block, usize place, Vcpu& vcpu) {
    const u64 address = block.vcpus[place].control_block;
    if (block.nested_format == 0) {
        Vmcb state;
        if (!read_value(read, PhysAddr(address), state)) return false;
        vcpu.paging = {state.state.cr0, state.state.cr3, state.state.cr4, state.state.efer};
        vcpu.rip = state.state.rip;
        vcpu.control = fields_of(state);
        // Linux moves its kernel; where its system calls enter says by how much.
        const auto call = guest_map_ ? guest_map_->address_of("entry_SYSCALL_64") : std::nullopt;
        if (call && state.state.lstar != 0) guest_slide_ = state.state.lstar - *call;
        return true;
    }
    // A VMCS cannot be read from memory, its layout is the processor's own; the kernel's stub does it while the machine stands.
    struct {
        abi::DebugVmcs head;
        std::array<u64, kVmcsFieldCount> values;
    } vmcs;
    if (block.vmcs == 0 || place >= block.vmcs_places || block.vmcs_field_count != kVmcsFieldCount ||
        !read_value(read, PhysAddr(block.vmcs + place * sizeof(vmcs)), vmcs) || vmcs.head.control_block != address) {
        return false;
    }
    const auto value = [&](VmcsField field) { return vmcs_value(vmcs.values, field); };
    vcpu.paging = {value(VmcsField::GuestCr0), value(VmcsField::GuestCr3), value(VmcsField::GuestCr4),
                   value(VmcsField::GuestEfer)};
    vcpu.rip = value(VmcsField::GuestRip);
    vcpu.control = fields_of_vmcs(vmcs.values);
    return true;
}

void Capture::take_surroundings(Target& target, const Standing& standing, const ReadPhysical& read,
                                const Selection& selection, Snapshot& snapshot) {
    const machine::Symbols* vmm = vmm_symbols(snapshot);
    if (vmm && !snapshot.core_is_in_kernel && vmm->contains(VirtAddr(register_of(snapshot, "rip"))) &&
        has_root(snapshot, register_of(snapshot, "cr3"))) {
        take_stack(target, standing, *vmm, snapshot);
        take_frame_code(target, standing, *vmm, selection, snapshot);
    }
    PageCollector collector(read, snapshot.pages);
    const auto in_guest = std::find_if(snapshot.vcpus.begin(), snapshot.vcpus.end(),
                                       [](const Vcpu& vcpu) { return vcpu.in_guest && vcpu.paging_known; });
    core_is_in_host_ = snapshot.core_is_in_kernel || in_guest == snapshot.vcpus.end();
    if (!core_is_in_host_) {
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
        snapshot.instructions = disassemble(rip, bytes, kInstructions);
        if (guest_map_) snapshot.guest_symbol = guest_map_->name_at(rip, guest_slide_);
    }
    if (selection.memory.bytes != 0) snapshot.memory = read_memory(collector, snapshot, selection, selection.memory);
}

void Capture::take_core(Target& target, const Standing& standing, const Selection& selection, Snapshot& snapshot) {
    static constexpr const char* kNames[] = {
        "rip", "eflags", "rax",     "rbx",     "rcx",       "rdx", "rsi", "rdi", "rbp", "rsp", "r8",
        "r9",  "r10",    "r11",     "r12",     "r13",       "r14", "r15", "cs",  "ss",  "ds",  "es",
        "fs",  "gs",     "fs_base", "gs_base", "k_gs_base", "cr0", "cr2", "cr3", "cr4", "cr8", "efer"};
    snapshot.cores = target.cores(standing);
    snapshot.core = selection.core != 0 && selection.core <= snapshot.cores ? selection.core : target.core();
    if (snapshot.core != target.core()) target.look_at_core(standing, snapshot.core);
    registers_ = target.registers(standing);
    const machine::Registers& registers = *registers_;
    for (const char* name : kNames) {
        if (target.description().find(name)) snapshot.registers.push_back({name, registers[name]});
    }
    const u64 rip = registers["rip"];
    snapshot.core_is_in_kernel = symbols_.physical_of(VirtAddr(rip)).has_value();
    if (const auto code = target.read(standing, VirtAddr(rip), kCodeBytes))
        snapshot.instructions = disassemble(rip, *code, kInstructions);
    if (snapshot.core_is_in_kernel) {
        take_stack(target, standing, symbols_, snapshot);
        take_frame_code(target, standing, symbols_, selection, snapshot);
    }
    if (snapshot.core != target.core()) target.look_at_core(standing, target.core());
}

/// Source and instructions of the frame that is looked at.
void Capture::take_frame_code(Target& target, const Standing& standing, const machine::Symbols& symbols,
                              const Selection& selection, Snapshot& snapshot) {
    if (snapshot.stack.empty()) return;
    const usize frame = std::min(selection.frame, snapshot.stack.size() - 1);
    // Where a call returns to may be the line after it.
    const u64 place = snapshot.stack[frame].pc - (frame == 0 ? 0 : 1);
    code_.take(target, standing, symbols, VirtAddr(place), snapshot);
}

void Capture::take_stack(Target& target, const Standing& standing, const machine::Symbols& symbols,
                         Snapshot& snapshot) {
    // A stack is read word by word, and each question costs the way there and back: so it is asked for in pieces.
    std::map<u64, std::optional<machine::Bytes>> pieces;
    const auto read = [&](VirtAddr address) -> std::optional<u64> {
        const u64 within = address.raw % kStackPiece;
        const auto [piece, is_new] = pieces.try_emplace(address.raw - within);
        if (is_new) piece->second = target.read(standing, VirtAddr(piece->first), kStackPiece);
        if (!piece->second || !is_aligned(within, 8)) return std::nullopt;
        return machine::number_from_bytes(std::span(*piece->second).subspan(within, 8));
    };
    for (const machine::Frame& frame : symbols.backtrace(*registers_, read, kStackFrames)) {
        std::string functions;
        for (const std::string& name : frame.functions) functions += (functions.empty() ? "" : " < ") + name;
        snapshot.stack.push_back({frame.pc.raw, functions, frame.source.file, frame.source.line});
    }
}

}  // namespace debugger
