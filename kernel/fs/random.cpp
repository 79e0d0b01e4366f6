// SPDX-License-Identifier: MIT
/// @file
/// @brief A ChaCha20 stream under a key that is replaced with every request.
/// @chapter files
#include "fs/random.h"

#include <algorithm>
#include <bit>

#include "sync/spin_lock.h"

namespace {

/// One ChaCha20 block. @spec{RFC 8439, The ChaCha20 Block Function, 2.3}
struct Block {
    u32 words[16];
};

void quarter_round(u32& a, u32& b, u32& c, u32& d) {
    a += b, d = std::rotl(d ^ a, 16);
    c += d, b = std::rotl(b ^ c, 12);
    a += b, d = std::rotl(d ^ a, 8);
    c += d, b = std::rotl(b ^ c, 7);
}

Block chacha20(const Block& input) {
    Block block = input;
    u32(&w)[16] = block.words;
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < 4; ++i) quarter_round(w[i], w[4 + i], w[8 + i], w[12 + i]);
        for (int i = 0; i < 4; ++i) quarter_round(w[i], w[4 + (i + 1) % 4], w[8 + (i + 2) % 4], w[12 + (i + 3) % 4]);
    }
    for (int i = 0; i < 16; ++i) w[i] += input.words[i];
    return block;
}

/// "expand 32-byte k", the key, a counter.
struct Generator {
    Block state{{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}};
    bool seeded = false;
};
constinit SpinLocked<Generator> generator{LockRank::Pipe};

u64 tick() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return u64{high} << 32 | low;
}

bool has_rdrand() {
    u32 a = 1, b, c = 0, d;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return c & (1u << 30);
}

/// A word of the processor's generator, or where it has none, of its clock.
u64 hardware_word() {
    u64 value = 0;
    bool good = false;
    for (int attempt = 0; attempt < 10 && !good; ++attempt) {
        asm volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(good)::"cc");
    }
    return value ^ tick();
}

void stir(Generator& g, u64 value) {
    g.state.words[4] ^= static_cast<u32>(value);
    g.state.words[5] ^= static_cast<u32>(value >> 32);
    const Block mixed = chacha20(g.state);
    std::copy_n(mixed.words, 8, &g.state.words[4]);
}

Block next_block(Generator& g) {
    ++g.state.words[12];
    return chacha20(g.state);
}

}  // namespace

void add_randomness(u64 value) {
    auto g = generator.lock();
    stir(*g, value ^ tick());
}

void fill_random(std::span<std::byte> to) {
    auto g = generator.lock();
    if (!g->seeded) {
        const bool hardware = has_rdrand();
        for (int i = 0; i < 8; ++i) stir(*g, hardware ? hardware_word() : tick());
        g->seeded = true;
    }
    while (!to.empty()) {
        const Block block = next_block(*g);
        const usize step = std::min(to.size(), sizeof(block));
        std::copy_n(reinterpret_cast<const std::byte*>(block.words), step, to.begin());
        to = to.subspan(step);
    }
    // Who reads the memory later must not find the key that these bytes came from.
    stir(*g, tick());
}
