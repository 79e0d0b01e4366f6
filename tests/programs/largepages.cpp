// SPDX-License-Identifier: MIT
/// @file
/// @brief largepages: what sizes of pages a process gets, through splits, merges, forks and many threads at once.
/// @chapter pair
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using u64 = std::uint64_t;

constexpr u64 kPage = 4096, k2M = u64{2} << 20, kGiB = u64{1} << 30;
constexpr u64 kWindow = 4 * kGiB;          // a place inside the window, and where a page of 1 GiB may begin
constexpr u64 kOutside = u64{600} * kGiB;  // and one outside

void expect(bool holds, std::string const& what) {
    if (!holds) throw what;
}

/// What /proc/self/pairs says: bytes that pages of each size map, and that pairs take.
struct Pairs {
    u64 pair_bytes = 0, small = 0, medium = 0, large = 0;
};

Pairs pairs() {
    Pairs now;
    FILE* const file = fopen("/proc/self/pairs", "r");
    expect(file != nullptr, "there is no /proc/self/pairs");
    char name[32];
    unsigned long long value;
    while (fscanf(file, "%31s %llu", name, &value) == 2) {
        if (strcmp(name, "pair_bytes") == 0) now.pair_bytes = value;
        if (strcmp(name, "bytes_4k") == 0) now.small = value;
        if (strcmp(name, "bytes_2m") == 0) now.medium = value;
        if (strcmp(name, "bytes_1g") == 0) now.large = value;
    }
    fclose(file);
    return now;
}

u64 volatile& word(u64 address) { return *reinterpret_cast<u64 volatile*>(address); }

/// Memory at an exact place, for as long as this lives.
class Memory {
   public:
    Memory(u64 begin, u64 bytes, int more_flags = 0) : begin_(begin), bytes_(bytes) {
        int const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE | more_flags;
        void* const got = mmap(place(begin), bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
        expect(got == place(begin), "mmap failed");
    }
    ~Memory() { munmap(place(begin_), bytes_); }
    static void* place(u64 address) { return reinterpret_cast<void*>(address); }

   private:
    u64 begin_, bytes_;
};

void protect(u64 begin, u64 bytes, int rights) {
    expect(mprotect(Memory::place(begin), bytes, rights) == 0, "mprotect failed");
}

/// Waits, half a minute at most, until `holds` does.
template <class Condition>
void wait_until(Condition holds, char const* what) {
    for (int i = 0; i < 300; ++i) {
        if (holds()) return;
        usleep(100'000);
    }
    throw std::string("waited in vain: ") + what;
}

/// The sizes that this machine has, as the first touches show.
struct Sizes {
    bool medium, large;
};

Sizes sizes() {
    Pairs const before = pairs();
    Memory const memory(kWindow, kGiB + k2M);
    word(kWindow) = 1;
    word(kWindow + kGiB) = 1;
    Pairs const after = pairs();
    return {after.medium > before.medium, after.large > before.large};
}

void touches_get_the_largest_page() {
    Sizes const has = sizes();
    printf("sizes: 4 KiB%s%s\n", has.medium ? ", 2 MiB" : "", has.large ? ", 1 GiB" : "");
    if (!has.medium) return;
    Pairs const before = pairs();
    Memory const outside(kOutside + kPage, 2 * k2M), stack(kOutside + 4 * k2M, 2 * k2M, MAP_STACK);
    word(kOutside + k2M) = 1;
    word(kOutside + kPage) = 1;
    word(kOutside + 5 * k2M) = 1;
    Pairs const after = pairs();
    expect(after.medium - before.medium == k2M, "one page of 2 MiB");
    expect(after.small - before.small == 2 * kPage, "two of 4 KiB: where none of 2 MiB fits, and on a stack");
}

void a_right_splits_and_comes_back() {
    if (!sizes().medium) return;
    Memory const memory(kWindow, kGiB);
    word(kWindow) = 1;
    word(kWindow + 700 * kPage) = 2;
    Pairs const whole = pairs();
    protect(kWindow + 600 * kPage, kPage, PROT_READ);
    Pairs const split = pairs();
    expect(split.small - whole.small >= k2M || whole.medium + whole.large < k2M, "2 MiB in small pages");
    protect(kWindow + 600 * kPage, kPage, PROT_READ | PROT_WRITE);
    word(kWindow + 600 * kPage) = 3;
    Pairs const merged = pairs();
    expect(merged.large == whole.large && merged.small == whole.small && merged.pair_bytes == whole.pair_bytes,
           "one page again when the rights are the same again");
    expect(word(kWindow) == 1 && word(kWindow + 700 * kPage) == 2 && word(kWindow + 600 * kPage) == 3, "its contents");
}

void forks_copy_what_is_written() {
    Memory const memory(kWindow, 2 * k2M);
    for (u64 at = 0; at < 2 * k2M; at += kPage) word(kWindow + at) = at;
    pid_t const child = fork();
    if (child == 0) {
        for (u64 at = 0; at < k2M; at += 2 * kPage) word(kWindow + at) = 1;
        for (u64 at = kPage; at < 2 * k2M; at += 2 * kPage)
            if (word(kWindow + at) != at) _exit(1);
        _exit(0);
    }
    for (u64 at = k2M; at < 2 * k2M; at += kPage) word(kWindow + at) = at + 1;
    int status = 0;
    waitpid(child, &status, 0);
    expect(status == 0, "the child saw what was there");
    for (u64 at = 0; at < 2 * k2M; at += kPage) expect(word(kWindow + at) == at + (at >= k2M), "the parent's contents");
}

/// What was copied page by page is gathered again in the background.
void scattered_pages_become_one() {
    if (!sizes().medium) return;
    constexpr u64 kBytes = 8 * k2M;
    Memory const memory(kWindow, kBytes);
    for (u64 at = 0; at < kBytes; at += k2M) word(kWindow + at) = at;
    int ends[2];
    expect(pipe(ends) == 0, "a pipe");
    pid_t const child = fork();
    if (child == 0) {
        close(ends[1]);
        char none;
        _exit(read(ends[0], &none, 1) == 0 ? 0 : 1);
    }
    close(ends[0]);
    // As long as the last page of each is the child's as well, they stay apart.
    auto const is_last = [](u64 at) { return at % k2M == k2M - kPage; };
    for (u64 at = 0; at < kBytes; at += kPage) {
        if (!is_last(at)) word(kWindow + at) = at + 1;
    }
    Pairs const scattered = pairs();
    expect(scattered.small >= kBytes, "copies of single pages");
    for (u64 at = 0; at < kBytes; at += kPage) {
        if (is_last(at)) word(kWindow + at) = at + 1;
    }
    close(ends[1]);
    waitpid(child, nullptr, 0);
    wait_until([&] { return pairs().medium >= scattered.medium + kBytes; }, "the pages to become large");
    expect(pairs().pair_bytes < scattered.pair_bytes, "their tables to be gone");
    for (u64 at = 0; at < kBytes; at += kPage) expect(word(kWindow + at) == at + 1, "their contents");
}

/// Threads write and read pages of their own in the same large pages, while another one splits and merges these, forks, and
/// throws pages away.
void many_threads_at_once() {
    constexpr u64 kThreads = 4, kBytes = 16 * k2M;
    Memory const memory(kWindow + kGiB, kBytes);
    std::atomic<bool> stop{false};
    std::array<std::string, kThreads> failures;
    std::vector<std::thread> writers;
    std::vector<u64> values(kBytes / kPage);
    for (u64 t = 0; t < kThreads; ++t) {
        writers.emplace_back([&, t] {
            u64 random = t + 1;
            for (u64 round = 1; !stop; ++round) {
                random = random * 6364136223846793005 + 1442695040888963407;
                // Of every five pages the fifth is the changer's.
                u64 const page = (random >> 33) % (values.size() / 5) * 5 + t;
                u64 volatile& at = word(kWindow + kGiB + page * kPage + 8 * (round % 512));
                at = round;
                word(kWindow + kGiB + page * kPage) = values[page] = round;
                if (word(kWindow + kGiB + page * kPage) != round) failures[t] = "a thread's page lost what it wrote";
            }
        });
    }
    u64 random = 99;
    for (int i = 0; i < 400; ++i) {
        random = random * 6364136223846793005 + 1442695040888963407;
        u64 const page = (random >> 33) % (kBytes / kPage / 5) * 5 + 4;
        u64 const at = kWindow + kGiB + page * kPage;
        u64 const bytes = std::min<u64>((random >> 20 & 511) * kPage + kPage, kWindow + kGiB + kBytes - at);
        if (i % 4 == 0) protect(at, bytes, PROT_READ | PROT_WRITE | PROT_EXEC);
        if (i % 4 == 1) protect(kWindow + kGiB, kBytes, PROT_READ | PROT_WRITE);
        if (i % 4 == 2) {
            word(at) = 5;
            expect(madvise(Memory::place(at), kPage, MADV_DONTNEED) == 0, "madvise");
            expect(word(at) == 0, "a page that was thrown away is zero");
        }
        if (i % 40 == 3) {
            pid_t const child = fork();
            if (child == 0) {
                word(at) = 1;
                _exit(0);
            }
            waitpid(child, nullptr, 0);
        }
    }
    stop = true;
    for (std::thread& writer : writers) writer.join();
    for (std::string const& failure : failures) expect(failure.empty(), failure);
    for (u64 page = 0; page < values.size(); ++page) {
        if (values[page]) expect(word(kWindow + kGiB + page * kPage) == values[page], "what was written last");
    }
}

struct Case {
    char const* name;
    void (*body)();
};
constexpr Case kCases[] = {
    {"touches_get_the_largest_page", touches_get_the_largest_page},
    {"a_right_splits_and_comes_back", a_right_splits_and_comes_back},
    {"forks_copy_what_is_written", forks_copy_what_is_written},
    {"scattered_pages_become_one", scattered_pages_become_one},
    {"many_threads_at_once", many_threads_at_once},
};

}  // namespace

/// Runs all cases. Exit status: 0 when all were as expected.
int main() {
    int failed = 0;
    for (Case const& test : kCases) {
        std::string failure;
        try {
            test.body();
        } catch (std::string const& what) { failure = what; }
        printf(failure.empty() ? "ok %s\n" : "not ok %s: %s\n", test.name, failure.c_str());
        fflush(stdout);
        failed += !failure.empty();
    }
    printf("%d failed\n", failed);
    return failed == 0 ? 0 : 1;
}
