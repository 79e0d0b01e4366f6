// SPDX-License-Identifier: MIT
/// @file
/// @brief A thread's vCPU, and the loop that runs its guest.
/// @chapter ring-v
#pragma once

#include "lib/format.h"
#include "lib/owned.h"
#include "sched/thread.h"
#include "sched/thread_extension.h"
#include "trace/trace.h"
#include "virt/apic_timer.h"
#include "virt/back_end.h"
#include "virt/cpuid_policy.h"
#include "virt/exit_counts.h"
#include "virt/guest_memory.h"
#include "x86/fpu.h"

/// The frame of a virtual-APIC page: kernel-owned, and mapped read-only into its VMM. It outlives the vCPU while the mapping
/// does.
class ApicFrame final : public PageSource {
   public:
    explicit ApicFrame(FrameRef frame) : frame_(std::move(frame)) {}
    Result<FrameRef> page(u64 index) override;
    void describe(Sink& sink) const override { put(sink, "[virtual-apic]"); }
    ApicPage& apic() const { return *reinterpret_cast<ApicPage*>(frame_.data()); }
    PhysAddr address() const { return frame_.address(); }

   private:
    FrameRef frame_;
};

/// A virtual processor. It belongs to one thread, which alone calls everything but `post` and `matches`; it is made on the
/// thread's first entry and dies with the thread.
class Vcpu final : public ThreadExtension {
   public:
    /// A vCPU for the current thread, whose number is `tid`; maps its virtual-APIC page into the thread's memory. `frame`
    /// tells the APIC identifier and the number of vCPUs. ENODEV: no back end. EINVAL: too many vCPUs. ENOMEM.
    static Result<Owned<Vcpu>> create(u32 tid, const abi::RingV& frame);
    ~Vcpu() override;

    /// What the VMM gives and gets: everything but `system` is copied in before `run` and out after it.
    abi::RingV& frame() { return frame_; }
    /// Takes new system registers: a reset, or an INIT.
    void load_system(const abi::SystemRegisters& registers);

    /// Runs the guest until something is the VMM's, and fills the frame in. ENOMEM: a page of the guest could not be had;
    /// the frame's registers are right and the guest can be entered again.
    Result<void> run();

    /// Posts an interrupt and gets the vCPU to see it. Any thread, any context.
    void post(u8 vector, abi::Trigger trigger);

    /// The vCPU of an extension of a thread: virt is the only layer that hangs extensions on threads.
    static Vcpu& from_extension(ThreadExtension& extension) { return static_cast<Vcpu&>(extension); }

    u32 tid() const { return tid_; }
    u32 apic_id() const { return apic_.id(); }
    const ExitCounts& counts() const { return counts_; }

   private:
    friend class VcpuList;
    friend struct VcpuTest;
    Vcpu(u32 tid, u32 vcpu_count, Ref<ApicFrame> page, Owned<ControlBlock> control);
    template <class T, class... Args>
    friend Result<Owned<T>> make_owned(Args&&... args);

    /// A VM entry is a call, and a VM exit is its return value.
    Exit enter();
    void prepare_entry();
    std::optional<u8> to_inject() const { return control_->delivers_interrupts() ? std::nullopt : apic_.deliverable(); }
    Wake sleep_halted();
    void wake();
    void send_ipi(const ApicCommand& command);

    Settled settle(const Exit& exit);
    Settled cpuid(const Exit& exit);
    Settled io(const Exit& exit);
    Settled halt(const Exit& exit);
    Settled write_control(const Exit& exit);
    Settled write_xcr0(const Exit& exit);
    Settled reflect(const Exit& exit);
    Settled read_msr(const Exit& exit);
    Settled write_msr(const Exit& exit);
    std::optional<u64> msr(u32 number);
    Settled set_msr(u32 number, u64 value);
    Settled write_apic(u32 number, u64 value);
    Settled write_efer(u64 value);

    /// Past the instruction that exited.
    void skip(u8 length) {
        frame_.general.rip += length;
        state_.shadow = false;
    }
    Settled inject(const Event& event) {
        state_.event = event;
        return Settled::Kernel;
    }
    Settled general_protection();
    /// Ends `run` with `reason`; its detail stands in the frame already.
    Settled leave(abi::ExitReason reason);
    Settled leave_with_system(abi::ExitReason reason);
    /// Whether CPUID shows the guest a feature: a bit of leaf `leaf`, by the register that holds it.
    CpuidLeaf shown(u32 leaf, u32 subleaf = 0) const;
    u64 allowed_cr4() const;

    abi::RingV frame_{};
    GuestState state_{frame_.general};
    Thread& thread_;
    const u32 tid_;
    const u32 vcpu_count_;
    Ref<ApicFrame> page_;
    LocalApic apic_;
    ApicTimer timer_;
    Owned<ControlBlock> control_;
    FpuState* fpu_ = nullptr;
    const u64 host_xcr0_ = FpuState::supported_features();
    u64 misc_enable_ = 1;
    u64 system_time_ = 0, wall_clock_ = 0;
    std::atomic<bool> in_guest_{false};  ///< set before the last look at what was posted
    bool halted_ = false;                ///< in HLT: no entry before an interrupt
    ExitCounts counts_;
    trace::VcpuEntry trace_entry_;
    ListNode link_;
};
