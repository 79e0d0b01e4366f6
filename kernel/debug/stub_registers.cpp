// SPDX-License-Identifier: MIT
/// @file
/// @brief Where each register stands, and the description of them all.
/// @chapter observability
#include "debug/stub_registers.h"

#include "lib/string.h"

namespace stub {
namespace {

/// Consecutive registers of one kind; more than one of a name are counted from 0.
struct Row {
    const char* name;
    u8 count;
    u8 bits;
    const char* type;
};
constexpr Row kRows[] = {
    {"rax", 1, 64, "int64"},     {"rbx", 1, 64, "int64"},     {"rcx", 1, 64, "int64"},
    {"rdx", 1, 64, "int64"},     {"rsi", 1, 64, "int64"},     {"rdi", 1, 64, "int64"},
    {"rbp", 1, 64, "data_ptr"},  {"rsp", 1, 64, "data_ptr"},  {"r8", 1, 64, "int64"},
    {"r9", 1, 64, "int64"},      {"r10", 1, 64, "int64"},     {"r11", 1, 64, "int64"},
    {"r12", 1, 64, "int64"},     {"r13", 1, 64, "int64"},     {"r14", 1, 64, "int64"},
    {"r15", 1, 64, "int64"},     {"rip", 1, 64, "code_ptr"},  {"eflags", 1, 32, "i386_eflags"},
    {"cs", 1, 32, "int32"},      {"ss", 1, 32, "int32"},      {"ds", 1, 32, "int32"},
    {"es", 1, 32, "int32"},      {"fs", 1, 32, "int32"},      {"gs", 1, 32, "int32"},
    {"fs_base", 1, 64, "int64"}, {"gs_base", 1, 64, "int64"}, {"k_gs_base", 1, 64, "int64"},
    {"cr0", 1, 64, "int64"},     {"cr2", 1, 64, "int64"},     {"cr3", 1, 64, "int64"},
    {"cr4", 1, 64, "int64"},     {"cr8", 1, 64, "int64"},     {"efer", 1, 64, "int64"},
    {"st", 8, 80, "i387_ext"},   {"fctrl", 1, 32, "int32"},   {"fstat", 1, 32, "int32"},
    {"ftag", 1, 32, "int32"},    {"fiseg", 1, 32, "int32"},   {"fioff", 1, 32, "int32"},
    {"foseg", 1, 32, "int32"},   {"fooff", 1, 32, "int32"},   {"fop", 1, 32, "int32"},
    {"xmm", 16, 128, "uint128"}, {"mxcsr", 1, 32, "int32"},
};

struct Places {
    u16 offset[kRegisters + 1] = {};
};
constexpr Places make_places() {
    Places places;
    unsigned number = 0;
    u16 offset = 0;
    for (const Row& row : kRows) {
        for (unsigned n = 0; n < row.count; ++n) {
            places.offset[number++] = offset;
            offset = static_cast<u16>(offset + row.bits / 8);
        }
    }
    places.offset[number] = offset;
    return places;
}
constexpr Places kPlaces = make_places();
static_assert(kPlaces.offset[kRegisters] == kRegisterBytes);
static_assert(kPlaces.offset[static_cast<unsigned>(Register::eflags)] == 136);
static_assert(kPlaces.offset[static_cast<unsigned>(Register::cr0)] == 188);
static_assert(kPlaces.offset[static_cast<unsigned>(Register::xmm0)] == 348);

constexpr unsigned number_of(Register name, unsigned more = 0) { return static_cast<unsigned>(name) + more; }

/// The layout of FXSAVE64's image, in bytes from its start.
constexpr usize kFcw = 0, kFsw = 2, kFtw = 4, kFop = 6, kFip = 8, kFdp = 16, kMxcsr = 24, kSt = 32, kXmm = 160;
constexpr unsigned kFxStride = 16, kStRegisters = 8, kXmmRegisters = 16;

u32 load(std::span<const u8> image, usize at, usize bytes) {
    u32 value = 0;
    memcpy(&value, image.data() + at, bytes);
    return value;
}
void store(std::span<u8> image, usize at, usize bytes, u64 value) { memcpy(image.data() + at, &value, bytes); }

/// Two bits a register, 3: empty, from one bit a register, 1: not empty. And back.
u32 full_tags(u32 abridged) {
    u32 tags = 0;
    for (unsigned n = 0; n < kStRegisters; ++n) tags |= (abridged >> n & 1 ? 0U : 3U) << 2 * n;
    return tags;
}
u32 abridged_tags(u64 full) {
    u32 tags = 0;
    for (unsigned n = 0; n < kStRegisters; ++n) tags |= ((full >> 2 * n & 3) == 3 ? 0U : 1U) << n;
    return tags;
}

}  // namespace

std::span<u8> RegisterFile::place(unsigned number) {
    const u16 begin = kPlaces.offset[number];
    return std::span(bytes_).subspan(begin, static_cast<usize>(kPlaces.offset[number + 1] - begin));
}

std::span<const u8> RegisterFile::place(unsigned number) const {
    const u16 begin = kPlaces.offset[number];
    return std::span(bytes_).subspan(begin, static_cast<usize>(kPlaces.offset[number + 1] - begin));
}

u64 RegisterFile::get(Register name) const {
    const auto bytes = place(number_of(name));
    u64 value = 0;
    memcpy(&value, bytes.data(), bytes.size() < 8 ? bytes.size() : 8);
    return value;
}

void RegisterFile::set(Register name, u64 value) {
    const auto bytes = place(number_of(name));
    memcpy(bytes.data(), &value, bytes.size() < 8 ? bytes.size() : 8);
}

bool RegisterFile::same(Register name, const RegisterFile& other) const {
    const auto mine = place(number_of(name));
    return memcmp(mine.data(), other.place(number_of(name)).data(), mine.size()) == 0;
}

void RegisterFile::take_fx(std::span<const u8, kFxBytes> image) {
    for (unsigned n = 0; n < kStRegisters; ++n) {
        memcpy(place(number_of(Register::st0, n)).data(), image.data() + kSt + kFxStride * n, 10);
    }
    for (unsigned n = 0; n < kXmmRegisters; ++n) {
        memcpy(place(number_of(Register::xmm0, n)).data(), image.data() + kXmm + kFxStride * n, 16);
    }
    set(Register::fctrl, load(image, kFcw, 2));
    set(Register::fstat, load(image, kFsw, 2));
    set(Register::ftag, full_tags(load(image, kFtw, 1)));
    set(Register::fop, load(image, kFop, 2));
    set(Register::fioff, load(image, kFip, 4));
    set(Register::fiseg, load(image, kFip + 4, 4));
    set(Register::fooff, load(image, kFdp, 4));
    set(Register::foseg, load(image, kFdp + 4, 4));
    set(Register::mxcsr, load(image, kMxcsr, 4));
}

void RegisterFile::give_fx(std::span<u8, kFxBytes> image) const {
    for (unsigned n = 0; n < kStRegisters; ++n) {
        memcpy(image.data() + kSt + kFxStride * n, place(number_of(Register::st0, n)).data(), 10);
    }
    for (unsigned n = 0; n < kXmmRegisters; ++n) {
        memcpy(image.data() + kXmm + kFxStride * n, place(number_of(Register::xmm0, n)).data(), 16);
    }
    store(image, kFcw, 2, get(Register::fctrl));
    store(image, kFsw, 2, get(Register::fstat));
    store(image, kFtw, 1, abridged_tags(get(Register::ftag)));
    store(image, kFop, 2, get(Register::fop));
    store(image, kFip, 4, get(Register::fioff));
    store(image, kFip + 4, 4, get(Register::fiseg));
    store(image, kFdp, 4, get(Register::fooff));
    store(image, kFdp + 4, 4, get(Register::foseg));
    store(image, kMxcsr, 4, get(Register::mxcsr));
}

void put_target_description(Sink& sink) {
    print(sink,
          "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>\n"
          "<architecture>i386:x86-64</architecture>\n<feature name=\"org.gnu.gdb.i386.core\">\n"
          "<flags id=\"i386_eflags\" size=\"4\">");
    constexpr struct {
        const char* name;
        u8 bit;
    } kFlags[] = {{"CF", 0},  {"PF", 2},  {"AF", 4},  {"ZF", 6},  {"SF", 7},  {"TF", 8},  {"IF", 9},
                  {"DF", 10}, {"OF", 11}, {"NT", 14}, {"RF", 16}, {"VM", 17}, {"AC", 18}, {"ID", 21}};
    for (const auto& flag : kFlags) {
        print(sink, "<field name=\"", flag.name, "\" start=\"", flag.bit, "\" end=\"", flag.bit, "\"/>");
    }
    print(sink, "</flags>\n");
    for (const Row& row : kRows) {
        if (row.bits == 128) print(sink, "</feature>\n<feature name=\"org.gnu.gdb.i386.sse\">\n");
        for (unsigned n = 0; n < row.count; ++n) {
            print(sink, "<reg name=\"", row.name);
            if (row.count > 1) print(sink, n);
            print(sink, "\" bitsize=\"", row.bits, "\" type=\"", row.type, "\"/>\n");
        }
    }
    print(sink, "</feature></target>\n");
}

}  // namespace stub
