// SPDX-License-Identifier: MIT
/// @file
/// @brief A thread's vCPU, and the loop that runs its guest.
/// @chapter ring-v
#pragma once

#include "mm/page_source.h"
#include "sched/thread.h"
#include "sched/thread_extension.h"
#include "trace/trace.h"
#include "virt/apic_timer.h"
#include "virt/back_end.h"
#include "virt/cpuid_policy.h"
#include "virt/local_apic.h"
#include "x86/fpu.h"

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
    /// Takes new system registers, and resets the local APIC if the frame says so.
    void load_system(abi::SystemRegisters given);

    /// Runs the guest until something is the VMM's, and fills the frame in. ENOMEM: a page of the guest could not be had;
    /// the frame's registers are right and the guest can be entered again.
    Result<void> run();

    /// Posts an interrupt and gets the vCPU to see it. Any thread, any context.
    void post(u8 vector, abi::Trigger trigger);

    /// The vCPU of an extension of a thread: virt is the only layer that hangs extensions on threads.
    static Vcpu& from_extension(ThreadExtension& extension) { return static_cast<Vcpu&>(extension); }

    const ExitCounts& counts() const { return counts_; }
    /// Prints /proc/vm: the back end, each vCPU, the sums.
    static Result<void> print_all(Sink& sink);

   private:
    friend struct VcpuTest;
    Vcpu(u32 tid, const abi::RingV& frame, ApicPage& page, Owned<ControlBlock> control);
    template <class T, class... Args>
    friend Result<Owned<T>> make_owned(Args&&... args);

    /// A VM entry is a call, and a VM exit is its return value.
    Exit enter();
    void prepare_entry();
    std::optional<u8> to_inject() const { return control_->delivers_interrupts() ? std::nullopt : apic_.deliverable(); }
    Wake sleep_halted();
    void wake(u8 notification);
    /// False: it is no interrupt but, say, an INIT or a start-up IPI.
    bool send_ipi(const ApicCommand& command);

    Settled settle(const Exit& exit);
    Settled nested_fault(const Exit& exit);
    Settled cpuid(const Exit& exit);
    Settled write_control(const Exit& exit);
    Settled write_xcr0(const Exit& exit);
    Settled read_msr(const Exit& exit);
    Settled write_msr(const Exit& exit);
    std::optional<u64> msr(u32 number) const;
    Settled set_msr(u32 number, u64 value);
    Settled write_apic(ApicRegister name, u64 value, ApicWay way);
    void set_modes(const Modes& modes);

    /// The instruction that exited has been done.
    Settled done(const Exit& exit) {
        frame_.general.rip += exit.length;
        state_.shadow = false;
        return Settled::Kernel;
    }
    Settled inject(const Event& event) {
        state_.event = event;
        return Settled::Kernel;
    }
    Settled general_protection() { return inject(Event::exception(vector::kGeneralProtection, 0)); }
    /// Ends `run`.
    Settled leave(abi::ExitReason reason, const abi::ExitDetail& detail);
    /// Whether CPUID shows the guest a feature: a bit of leaf `leaf`, by the register that holds it.
    CpuidLeaf shown(u32 leaf, u32 subleaf = 0) const;
    u64 allowed_cr4() const;

    abi::RingV frame_{};
    GuestState state_{frame_.general};
    Thread& thread_;
    const u32 tid_;
    const u32 vcpu_count_;
    Ref<FrameSource> source_;  ///< of the virtual-APIC page: kernel-owned, and mapped read-only into the VMM
    LocalApic apic_;
    ApicTimer timer_;
    Owned<ControlBlock> control_;
    FpuState* fpu_ = nullptr;
    const u64 host_xcr0_ = FpuState::supported_features();
    std::atomic<bool> in_guest_{false};  ///< set before the last look at what was posted
    bool halted_ = false;                ///< in HLT: no entry before an interrupt
    ExitCounts counts_;
    trace::VcpuEntry trace_entry_;
    ListNode link_;

    /// Every vCPU of the machine, and the counts of those that are gone.
    struct All {
        List<Vcpu, &Vcpu::link_> vcpus;
        ExitCounts ended;
    };
    static SpinLocked<All> all_;
};
