// SPDX-License-Identifier: MIT
/// @file
/// @brief Making snapshots of a target.
/// @chapter observability
#pragma once

#include "abi/debug.h"
#include "debugger-ui/model/picture.h"
#include "debugger-ui/target/code.h"
#include "debugger-ui/target/exit_counts.h"
#include "debugger-ui/target/stops.h"

namespace debugger {

/// What a capture is to hold beside the selection's pages.
enum class Extent : u8 { Selection, AllPairs };

/// Makes one snapshot after another; keeps the log, which only grows, and what was read of files.
class Capture {
   public:
    /// @throws machine::Error where the kernel has no `twain_debug`
    Capture(const machine::Symbols& symbols, const TargetPlace& target);

    /// Fills in what lies in memory: processes, vCPUs, pages, records.
    void take_memory(const ReadPhysical& read, const Selection& selection, Extent extent, Snapshot& snapshot);
    /// Reads on in the trace ring as it was at the last `take_memory`, for as long as a person does not notice.
    void take_records(const ReadPhysical& read, Snapshot& snapshot);
    /// The machine stands: its tables need to be read only once, until it `moves`.
    void keep_pages() { keeps_ = true; }
    void moves() {
        keeps_ = false;
        kept_ = {};
    }
    /// After both: what stands around the core that stands, where that takes walks: the guest's code, and memory.
    void take_surroundings(Target& target, const Standing& standing, const ReadPhysical& read,
                           const Selection& selection, Snapshot& snapshot);
    /// Where the kernel reads how long to wait after each fault.
    PhysAddr place_of_pace() const { return block_ + offsetof(abi::DebugBlock, fault_wait_ns); }
    Stops::GuestSymbols guest_symbols() const { return {guest_map_ ? &*guest_map_ : nullptr, guest_slide_}; }
    /// The VMM's, where it was loaded; null where none runs, or its file is not there.
    const machine::Symbols* vmm_symbols(const Snapshot& snapshot);
    /// Fills in what only a machine that stands can tell: registers, stack, source, instructions.
    void take_core(Target& target, const Standing& standing, const Selection& selection, Snapshot& snapshot);
    /// Fills in source and instructions of another place of the kernel.
    void take_code(Target& target, const Standing& standing, VirtAddr address, Snapshot& snapshot) {
        code_.take(target, standing, symbols_, address, snapshot);
    }
    /// Whether the core of the last snapshot of a machine that stood was in the kernel or a process: not in a guest.
    bool core_is_in_host() const { return core_is_in_host_; }
    const TraceLog& log() const { return log_; }

   private:
    void check_build(const ReadPhysical& read, const abi::DebugBlock& block) const;
    void take_vcpus(const ReadPhysical& read, const abi::DebugBlock& block, Snapshot& snapshot);
    bool take_control_block(const ReadPhysical& read, const abi::DebugBlock& block, usize place, Vcpu& vcpu);
    void take_stack(Target& target, const Standing& standing, const machine::Symbols& symbols, Snapshot& snapshot);
    void take_frame_code(Target& target, const Standing& standing, const machine::Symbols& symbols,
                         const Selection& selection, Snapshot& snapshot);

    const machine::Symbols& symbols_;
    PhysAddr block_;
    std::optional<PhysAddr> build_note_;  ///< where every kernel has its build identification
    machine::Bytes build_id_;
    std::filesystem::path vmm_file_;
    std::unique_ptr<machine::Symbols> vmm_;
    u64 vmm_image_ = 0;  ///< where they are for
    std::optional<machine::SymbolMap> guest_map_;
    u64 guest_slide_ = 0;
    TraceLog log_;
    TraceRing ring_{};
    u64 records_at_once_ = 256;  ///< as many as the line carries in a moment
    bool keeps_ = false;
    PageSet kept_;
    std::optional<machine::Registers> registers_;  ///< of the core, as `take_core` has read them
    CodeReader code_;
    ExitCounter exits_;
    bool core_is_in_host_ = true;
};

}  // namespace debugger
