// SPDX-License-Identifier: MIT
/// @file
/// @brief XSAVE images: made, saved, restored.
/// @chapter processes
#include "x86/fpu.h"

#include <algorithm>

#include "lib/string.h"
#include "x86/instructions.h"
#include "x86/registers.h"

namespace {

/// x87, SSE, AVX, and the three parts of AVX-512. @sdm{XCR0, 13.3 of volume 1}
constexpr u64 kX87 = 1 << 0, kSse = 1 << 1, kAvx = 1 << 2, kAvx512 = 7 << 5;
constexpr u32 kLegacyBytes = 512, kHeaderBytes = 64;
constexpr u32 kLeaf1EcxXsave = 1U << 26;
constexpr u16 kInitialFcw = 0x037f;
constexpr u32 kInitialMxcsr = 0x1f80;

constinit u64 features = kX87 | kSse;
constinit u32 bytes = kLegacyBytes + kHeaderBytes;
constinit bool has_xsave = false;

}  // namespace

void FpuState::init() {
    x86::write_cr0((x86::read_cr0() | Cr0::MP | Cr0::NE) & ~(Cr0::EM | Cr0::TS));
    x86::write_cr4(x86::read_cr4() | Cr4::OSFXSR | Cr4::OSXMMEXCPT);
    has_xsave = x86::cpuid(1).ecx & kLeaf1EcxXsave;
    if (!has_xsave) return;
    x86::write_cr4(x86::read_cr4() | Cr4::OSXSAVE);
    const auto leaf = x86::cpuid(0xd, 0);
    const u64 offered = static_cast<u64>(leaf.edx) << 32 | leaf.eax;
    features = kX87 | kSse | (offered & kAvx);
    if ((features & kAvx) && (offered & kAvx512) == kAvx512) features |= kAvx512;
    x86::xsetbv(0, features);
    bytes = std::max(x86::cpuid(0xd, 0).ebx, kLegacyBytes + kHeaderBytes);
}

u64 FpuState::supported_features() { return features; }
u64 FpuState::selected_features() { return has_xsave ? x86::xgetbv(0) : features; }
void FpuState::select_features(u64 xcr0) {
    if (has_xsave) x86::xsetbv(0, xcr0);
}
bool FpuState::can_select(u64 xcr0) {
    const auto needs = [&](u64 any, u64 all) { return !(xcr0 & any) || (xcr0 & all) == all; };
    return (xcr0 & kX87) && !(xcr0 & ~features) && needs(kAvx, kSse) && needs(kAvx512, kAvx512 | kAvx);
}
u32 FpuState::image_bytes() { return bytes; }

Result<FpuState*> FpuState::create() {
    void* memory = ::operator new(std::max<usize>(sizeof(FpuState), bytes), std::align_val_t(64), std::nothrow);
    if (!memory) return Error{ENOMEM};
    auto* state = new (memory) FpuState();
    state->reset();
    return state;
}

Result<FpuState*> FpuState::clone() const {
    FpuState* copy = TRY(create());
    memcpy(copy->image(), image_, bytes);
    return copy;
}

void FpuState::destroy() { ::operator delete(this, std::align_val_t(64)); }

void FpuState::save() {
    if (has_xsave) return x86::xsave(image_, ~0ULL);
    x86::fxsave(image_);
    memcpy(image_ + kLegacyBytes, &features, sizeof(features));  // the header says that all is there, as XSAVE's does
}
void FpuState::restore() const { has_xsave ? x86::xrstor(image_, ~0ULL) : x86::fxrstor(image_); }

void FpuState::reset() {
    // An empty header (XSTATE_BV = 0) restores every component to its initial state; MXCSR is taken from the image all the same.
    memset(image_, 0, bytes);
    memcpy(image_, &kInitialFcw, sizeof(kInitialFcw));
    memcpy(image_ + 24, &kInitialMxcsr, sizeof(kInitialMxcsr));
}
