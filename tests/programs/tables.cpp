// SPDX-License-Identifier: MIT
/// @file
/// @brief tables: what page tables cost a process, in instructions under QEMU's `-icount shift=0`, in bytes, and in memory that lies apart.
/// @chapter argument
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

using u64 = std::uint64_t;

constexpr u64 kPage = 4096, k2M = u64{2} << 20, kGiB = u64{1} << 30;
constexpr u64 kWindow = 4 * kGiB;
constexpr u64 kOutside = 600 * kGiB;

/// The number behind a word of a file of /proc; 0 where there is none.
u64 value_in(const char* path, const char* word) {
    FILE* const file = fopen(path, "r");
    if (!file) throw std::string("there is no ") + path;
    char name[64];
    unsigned long long value = 0, found = 0;
    // A word that is no number is the next name.
    while (fscanf(file, "%63s", name) == 1) {
        if (strcmp(name, word) != 0) continue;
        if (fscanf(file, "%llu", &value) == 1) found = value;
        break;
    }
    fclose(file);
    return found;
}

u64 table_bytes() { return value_in("/proc/self/pairs", "pair_bytes"); }
u64 free_bytes() { return value_in("/proc/meminfo", "MemFree:") * 1024; }

/// Fresh memory at `place`. A stack's pages are small.
char* memory_at(u64 place, u64 bytes, int flags) {
    flags |= MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    void* const got = mmap(reinterpret_cast<void*>(place), bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (got == MAP_FAILED) throw std::string("mmap failed");
    return static_cast<char*>(got);
}

void touch(char* byte) { *static_cast<char volatile*>(byte) = 1; }

void measure(const char* what, u64 place, u64 page, int flags) {
    char* const begin = memory_at(place, kGiB, flags);
    const u64 before = table_bytes(), start = __rdtsc();
    for (u64 at = 0; at < kGiB; at += page) touch(begin + at);
    const u64 ticks = __rdtsc() - start;
    printf("%s-fault %llu\n", what, static_cast<unsigned long long>(ticks / (kGiB / page)));
    printf("%s-bytes %llu\n", what, static_cast<unsigned long long>(table_bytes() - before));
    munmap(begin, kGiB);
}

constexpr int kTables = 1000;

/// Takes nearly all memory in pages, gives every second one back, and then touches one page in each of a thousand tables.
/// Whoever finds no memory for a table is ended: `made` says how far it came.
void scatter(int volatile& made, u64 volatile& free_before) {
    constexpr u64 kRoom = 64 * kGiB, kLeft = 1 << 20;
    char* const begin = memory_at(kWindow, kRoom, MAP_STACK);
    u64 pages = 0;
    // Each round takes half of what is left: tables need memory as well.
    for (u64 left = free_bytes(); left > kLeft; left = free_bytes()) {
        for (u64 more = (left - kLeft) / kPage / 2 + 1; more > 0; --more) touch(begin + kPage * pages++);
    }
    for (u64 page = 0; page < pages; page += 2) madvise(begin + page * kPage, kPage, MADV_DONTNEED);
    free_before = free_bytes();
    char* const others = memory_at(100 * kGiB, kTables * k2M, MAP_STACK);
    for (int table = 0; table < kTables; ++table) {
        touch(others + static_cast<u64>(table) * k2M);
        made = table + 1;
    }
}

void measure_scattered() {
    struct Seen {
        int volatile made;
        u64 volatile free_before;
    };
    void* const shared = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::string("no shared page");
    Seen& seen = *static_cast<Seen*>(shared);
    const pid_t child = fork();
    if (child == 0) {
        scatter(seen.made, seen.free_before);
        _exit(0);
    }
    if (child < 0 || waitpid(child, nullptr, 0) != child) throw std::string("no child");
    printf("scattered-free %llu\n", static_cast<unsigned long long>(seen.free_before));
    printf("scattered-tables %d\n", seen.made);
}

}  // namespace

int main() {
    try {
        measure("window-4k", kWindow, kPage, MAP_STACK);
        measure("window-2m", kWindow, k2M, 0);
        measure("outside-4k", kOutside, kPage, MAP_STACK);
        measure("outside-2m", kOutside, k2M, 0);
        measure_scattered();
        return 0;
    } catch (const std::string& what) {
        printf("tables: %s\n", what.c_str());
        return 1;
    }
}
