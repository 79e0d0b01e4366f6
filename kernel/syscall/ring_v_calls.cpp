// SPDX-License-Identifier: MIT
/// @file
/// @brief The border between a VMM and its vCPU: copies in, copies out.
/// @chapter ring-v
#include "syscall/ring_v_calls.h"

#include "proc/process_tree.h"
#include "virt/vcpu.h"

namespace {

/// What every entry reads and every exit writes; `system` behind it has its own flag.
constexpr u64 kAlwaysRead = offsetof(abi::RingV, exit);
constexpr u64 kAlwaysWritten = offsetof(abi::RingV, system);

/// The current thread's vCPU, made now if there was none.
Result<Vcpu*> vcpu_of_current_thread(const UserPtr<abi::RingV>& user) {
    Task& task = current_task();
    if (!task.extension) {
        const auto frame = TRY(user.read());
        auto vcpu = TRY(Vcpu::create(task.tid, frame));
        const TreeGuard guard;  // others look at it under this lock
        task.extension = std::move(vcpu);
    }
    return &Vcpu::from_extension(*task.extension);
}

}  // namespace

Result<u64> sys_ring_v_enter(const SyscallArgs& args) {
    const auto user = args.pointer<abi::RingV>(0);
    Vcpu& vcpu = *TRY(vcpu_of_current_thread(user));
    abi::RingV& frame = vcpu.frame();
    TRY(copy_from_user(&frame, user.address(), kAlwaysRead));
    if (frame.load_system != abi::LoadSystem::Nothing) {
        TRY(copy_from_user(&frame.system, user.address() + kAlwaysWritten, sizeof(frame.system)));
        vcpu.load_system(frame.system);
    }
    const auto result = vcpu.run();
    TRY(copy_to_user(user.address(), &frame, frame.system_stored ? sizeof(frame) : kAlwaysWritten));
    TRY(result);
    return 0;
}

Result<u64> sys_ring_v_interrupt(const SyscallArgs& args) {
    const u64 vector = args.a[1], trigger = args.a[2];
    if (vector < 16 || vector > 255 || trigger > static_cast<u64>(abi::Trigger::Level)) return Error{EINVAL};
    const TreeGuard guard;
    Task* task = processes::find_task(guard, static_cast<u32>(args.a[0]));
    if (!task || task->process.get() != &current_process() || !task->extension) return Error{ESRCH};
    Vcpu::from_extension(*task->extension).post(static_cast<u8>(vector), static_cast<abi::Trigger>(trigger));
    return 0;
}
