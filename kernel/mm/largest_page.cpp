// SPDX-License-Identifier: MIT
/// @file
/// @brief Which sizes of pages this machine has in both halves.
/// @chapter large-pages
#include "mm/large_pages.h"

#include <algorithm>

#include "lib/log.h"
#include "x86/instructions.h"

namespace {

/// @sdm{VPID and EPT Capabilities, A.10}
constexpr u32 kEptVpidCapabilities = 0x48c;
constexpr u64 kEpt2M = 1 << 16, kEpt1G = 1 << 17;
/// @apm{Extended Feature Identifiers, 8000_0001: Page1GB}
constexpr u32 kPage1G = 1 << 26;

PageSize nested_has() {
    // AMD's nested half is in the host's own format, and has its sizes.
    if (nested_format() == NestedFormat::Npt) return PageSize::Size1G;
    const u64 capabilities = x86::rdmsr(kEptVpidCapabilities);
    if (!(capabilities & kEpt2M)) return PageSize::Size4K;
    return capabilities & kEpt1G ? PageSize::Size1G : PageSize::Size2M;
}

const char* name_of(PageSize size) {
    switch (size) {
    case PageSize::Size4K: return "4 KiB";
    case PageSize::Size2M: return "2 MiB";
    case PageSize::Size1G: return "1 GiB";
    }
    return "?";
}

}  // namespace

PageSize largest_host_page() {
    // Long mode has 2 MiB pages; 1 GiB pages came later.
    return x86::cpuid(0x8000'0001).edx & kPage1G ? PageSize::Size1G : PageSize::Size2M;
}

void choose_largest_page(std::string_view option) {
    PageSize size = std::min(largest_host_page(), nested_has());
    if (option == "off") size = PageSize::Size4K;
    if (option == "2M") size = std::min(size, PageSize::Size2M);
    set_largest_page(size);
    log("pages: up to ", name_of(size));
}
