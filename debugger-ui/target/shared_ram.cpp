// SPDX-License-Identifier: MIT
/// @file
/// @brief Mapping and reading a machine's shared memory.
/// @chapter observability
#include "debugger-ui/target/shared_ram.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstring>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"

namespace debugger {
namespace {

constexpr u64 kLargestWhole = 0xb000'0000, kSplit = 2 * kGiB, kHigh = 4 * kGiB;

}  // namespace

SharedRam::SharedRam(const std::filesystem::path& name) {
    const machine::File file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat state;
    if (!file || ::fstat(file.get(), &state) != 0)
        throw machine::error_from_errno("cannot open the machine's memory " + name.string());
    bytes_ = static_cast<u64>(state.st_size);
    void* mapped = bytes_ == 0 ? MAP_FAILED : ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file.get(), 0);
    if (mapped == MAP_FAILED) throw machine::Error("cannot map the machine's memory " + name.string());
    memory_ = static_cast<const u8*>(mapped);
}

SharedRam::~SharedRam() { ::munmap(const_cast<u8*>(memory_), bytes_); }

std::optional<u64> SharedRam::file_offset(PhysAddr address, u64 bytes) {
    const u64 low = bytes >= kLargestWhole ? kSplit : bytes;
    if (address.raw < low) return address.raw;
    if (address.raw >= kHigh && address.raw - kHigh < bytes - low) return address.raw - kHigh + low;
    return std::nullopt;
}

bool SharedRam::read(PhysAddr from, std::span<u8> into) const {
    const std::optional<u64> first = file_offset(from, bytes_);
    const std::optional<u64> last = file_offset(from + (into.size() - 1), bytes_);
    if (into.empty() || !first || !last || *last - *first != into.size() - 1) return false;
    const u8* source = memory_ + *first;
    usize done = 0;
    if (is_aligned(from.raw, 8)) {
        for (; done + 8 <= into.size(); done += 8) {
            const u64 word = __atomic_load_n(reinterpret_cast<const u64*>(source + done), __ATOMIC_RELAXED);
            std::memcpy(into.data() + done, &word, 8);
        }
    }
    std::memcpy(into.data() + done, source + done, into.size() - done);
    return true;
}

}  // namespace debugger
