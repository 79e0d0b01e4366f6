// SPDX-License-Identifier: MIT
/// @file
/// @brief Pushing a signal frame onto a program's stack, and taking it back.
/// @chapter signals
#include "mm/user_memory.h"
#include "proc/signal_frame.h"
#include "proc/task.h"
#include "x86/fpu.h"

namespace {

constexpr u64 kRedZone = 128;
constexpr u64 kDirectionFlag = 1 << 10, kTrapFlag = 1 << 8, kResumeFlag = 1 << 16;

u64 frame_fpu_bytes() { return FpuState::image_bytes() + sizeof(u32); }

/// The registers are in the processor: a copy of them in the thread's own image.
void save_fpu(Task& task) {
    IrqOff irq_off;
    task.fpu->save();
}

Result<void> write_fpu_image(Task& task, u64 address) {
    const u32 bytes = FpuState::image_bytes();
    const FpuImageMark mark{FpuImageMark::kMagic1, bytes + 4, FpuState::supported_features(), bytes, {}};
    save_fpu(task);
    TRY(copy_to_user(VirtAddr(address), task.fpu->image(), bytes));
    TRY(UserPtr<FpuImageMark>(address + FpuImageMark::kOffset).write(mark));
    return UserPtr<u32>(address + bytes).write(FpuImageMark::kMagic2);
}

/// A handler starts with registers as a new program does.
void reset_fpu(Task& task) {
    IrqOff irq_off;
    task.fpu->reset();
    task.fpu->restore();
}

/// Brings back the image at `address`; what the frame does not mark as a whole XSAVE image counts as legacy registers only.
Result<void> read_fpu_image(Task& task, u64 address) {
    const u32 bytes = FpuState::image_bytes();
    // A scratch thread state, so that a bad image leaves the thread's own alone.
    FpuState* scratch = TRY(FpuState::create());
    const std::span<u8> image(scratch->image(), bytes);
    const auto load = [&]() -> Result<void> {
        const FpuImageMark mark = TRY(UserPtr<FpuImageMark>(address + FpuImageMark::kOffset).read());
        bool whole = mark.magic1 == FpuImageMark::kMagic1 && mark.image_bytes == bytes;
        if (whole) whole = TRY(UserPtr<u32>(address + bytes).read()) == FpuImageMark::kMagic2;
        TRY(copy_from_user(image.data(), VirtAddr(address), whole ? bytes : kFpuLegacyBytes));
        if (!whole) complete_legacy_fpu_image(image);
        TRY(check_fpu_image(image, FpuState::supported_features()));
        IrqOff irq_off;
        memcpy(task.fpu->image(), image.data(), bytes);
        task.fpu->restore();
        return {};
    };
    const auto loaded = load();
    scratch->destroy();
    return loaded;
}

/// The address below which the frame goes: the alternate stack where the action asks for it and the program is not on it yet.
u64 stack_for(const Task& task, const TrapFrame& trap, const SignalAction& action) {
    const SignalStack& stack = task.signals.stack;
    if ((action.flags & SignalAction::kOnStack) && stack.enabled() && !stack.holds(trap.rsp))
        return stack.base + stack.bytes;
    return trap.rsp - kRedZone;
}

}  // namespace

Result<void> push_signal_frame(Task& task, TrapFrame& trap, const SignalInfo& info, const SignalAction& action,
                               SignalSet mask) {
    const SignalFramePlace place = place_signal_frame(stack_for(task, trap, action), frame_fpu_bytes());
    const SignalStack& stack = task.signals.stack;
    // A frame that does not fit on the alternate stack must not be written over what lies below it.
    if (stack.holds(trap.rsp) && place.frame < stack.base) return Error{EFAULT};
    SignalFrame frame{};
    frame.return_address = action.restorer;
    frame.context.flags = UserContext::kHasXsave | UserContext::kHasStackSegment | UserContext::kStrictStackSegment;
    frame.context.stack = stack;
    frame.context.registers = user_registers(trap);
    frame.context.registers.error = task.exception.error;
    frame.context.registers.vector = task.exception.vector;
    frame.context.registers.fault_address = task.exception.address;
    frame.context.registers.old_mask = mask.raw();
    frame.context.registers.fpu_image = place.fpu_image;
    frame.context.mask = mask;
    frame.info = encode_signal_info(info);
    TRY(write_fpu_image(task, place.fpu_image));
    TRY(UserPtr<SignalFrame>(place.frame).write(frame));
    reset_fpu(task);
    trap.rip = action.handler;
    trap.rsp = place.frame;
    trap.rdi = static_cast<u64>(info.number);
    trap.rsi = place.frame + offsetof(SignalFrame, info);
    trap.rdx = place.frame + offsetof(SignalFrame, context);
    trap.rax = 0;
    trap.rflags &= ~(kDirectionFlag | kTrapFlag | kResumeFlag);
    return {};
}

Result<void> pop_signal_frame(Task& task, TrapFrame& trap) {
    // The handler's RET took the return address off.
    const u64 base = trap.rsp - sizeof(u64);
    const UserContext context = TRY(UserPtr<UserContext>(base + offsetof(SignalFrame, context)).read());
    if (context.registers.rip >= kUserEnd.raw) return Error{EFAULT};
    if (context.registers.fpu_image) {
        TRY(read_fpu_image(task, context.registers.fpu_image));
    } else {
        reset_fpu(task);
    }
    load_user_registers(trap, context.registers);
    task.signals.stack = context.stack;
    set_signal_mask(task, context.mask);
    return {};
}
