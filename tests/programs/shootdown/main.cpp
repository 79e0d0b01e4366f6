// SPDX-License-Identifier: MIT
/// @file
/// @brief shootdown: takes pages from under threads in ring 3 and in ring V, and sees whether any of them uses one afterwards.
/// @chapter testing
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/programs/ringvtest/machine.h"

using namespace ringvtest;

// What the guest does all the time, as `touch` in ring 3. RDI: the words shared with it; RSI: the page.
GUEST(touching_code, R"(
    movl $0x30000, %edi
    movl $0x1000000, %esi
    movq $0x10000000000, %rdx
1:  movq (%rdi), %rax
    movq (%rsi), %rbx
    testq %rbx, %rbx
    jz 2f
    cmpq %rax, %rbx
    jbe 3f
    cmpq %rdx, %rbx
    jae 3f
    movq %rbx, 16(%rdi)
    incq 64(%rsi)
2:  cmpq $0, 8(%rdi)
    je 1b
    outb %al, $0x50
3:  movq %rbx, 24(%rdi)
    outb %al, $0x50
)")

namespace {

constexpr u64 kPage = 0x1000000, kMostStamp = 1ULL << 40, kPattern = 0x5a5a'5a5a'5a5a'5a5a;
constexpr unsigned kMostTouchers = 32;

/// The page's first word is its number, given when it is mapped; 0 until then. A page whose number is in `gone` has been
/// unmapped, and the call has returned: whoever looked at `gone` first and finds such a number afterwards uses a translation
/// that should be no more. Each toucher also counts in a word of its own in the page: one that writes to a page that is gone
/// writes to somebody else's frame.
struct Shared {
    u64 gone, stop;
    struct Toucher {
        u64 seen, stale;
    } guest, threads[kMostTouchers];
};
static_assert(offsetof(Shared, guest) == 16);
volatile Shared& shared = *reinterpret_cast<volatile Shared*>(kData);

volatile u64& word(unsigned index) { return reinterpret_cast<volatile u64*>(kPage)[index]; }
constexpr unsigned kGuestWord = 8, kFirstThreadWord = 9;

void* at(u64 address) { return reinterpret_cast<void*>(address); }

/// In ring 3, until it is told to stop. While the page is not there, SIGSEGV's handler comes back and the access is repeated.
void touch(unsigned self) {
    volatile Shared::Toucher& own = shared.threads[self];
    while (!shared.stop) {
        const u64 gone = shared.gone;
        const u64 number = word(0);
        if (number == 0) continue;
        if (number <= gone || number >= kMostStamp) {
            own.stale = number;
            return;
        }
        own.seen = number;
        word(kFirstThreadWord + self) = word(kFirstThreadWord + self) + 1;
    }
}

std::string guest_failure;  ///< written before `guest_has_failed`
std::atomic<bool> guest_has_failed = false;

/// In ring V.
void touch_as_guest() {
    try {
        Vcpu vcpu(touching_code());
        vcpu.run({}, [](abi::RingV& state) { return state.reason == abi::ExitReason::Mmio; });
    } catch (const std::string& what) {
        guest_failure = what;
        guest_has_failed = true;
    }
}

std::string number_text(u64 number) {
    char text[32];
    std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

/// The one that maps, unmaps and looks for damage.
class Remapper {
   public:
    Remapper(unsigned threads, bool guest, u64 bytes) : threads_(threads), guest_(guest), bytes_(bytes) { map(); }

    void round(u64 number) {
        word(0) = number;
        wait_until_seen(number);
        if (number % 3 == 0) expect_protection_to_hold();
        if (number % 2 == 0) {
            // Another frame at once in the place of the old one.
            map();
            shared.gone = number;
        } else {
            expect(munmap(at(kPage), bytes_) == 0, "munmap");
            shared.gone = number;
            expect_nobody_writes_to_freed_frames();
            map();
        }
    }

    /// What the others have found so far.
    void expect_nothing_stale() const {
        expect(!guest_has_failed, guest_failure);
        expect(shared.guest.stale == 0,
               "a guest read " + number_text(shared.guest.stale) + " from a page that was gone");
        for (unsigned i = 0; i < threads_; ++i) {
            const u64 stale = shared.threads[i].stale;
            expect(stale == 0, "a thread read " + number_text(stale) + " from a page that was gone");
        }
    }

   private:
    void map() {
        void* const place =
            mmap(at(kPage), bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        expect(place == at(kPage), "mmap");
    }

    /// Everybody has the page's translation by then. Whoever uses a translation of another frame, which may be zero by now,
    /// never sees the page's number.
    void wait_until_seen(u64 number) const {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        const auto wait_for = [&](const volatile Shared::Toucher& toucher, const char* who) {
            while (toucher.seen != number) {
                expect_nothing_stale();
                expect(
                    std::chrono::steady_clock::now() < end,
                    std::string(who) + " does not see page " + number_text(number) + ", which is there for a minute");
                std::this_thread::yield();
            }
        };
        if (guest_) wait_for(shared.guest, "a guest");
        for (unsigned i = 0; i < threads_; ++i) wait_for(shared.threads[i], "a thread");
    }

    void expect_protection_to_hold() const {
        expect(mprotect(at(kPage), bytes_, PROT_READ) == 0, "mprotect");
        u64 before[kMostTouchers + 1];
        for (unsigned i = 0; i <= threads_; ++i) before[i] = word(kGuestWord + i);
        for (int looks = 0; looks < 200; ++looks) {
            for (unsigned i = 0; i <= threads_; ++i) {
                expect(word(kGuestWord + i) == before[i], "a page was written to after it had been protected");
            }
        }
        expect(mprotect(at(kPage), bytes_, PROT_READ | PROT_WRITE) == 0, "mprotect back");
    }

    /// Takes frames, among which are those just freed, and looks whether somebody still counts in them.
    void expect_nobody_writes_to_freed_frames() const {
        void* const place = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(place != MAP_FAILED, "mmap");
        auto* const words = static_cast<volatile u64*>(place);
        for (unsigned i = 0; i < 4096 / 8; ++i) words[i] = kPattern;
        for (int looks = 0; looks < 3; ++looks) {
            for (unsigned i = 0; i < 4096 / 8; ++i) {
                expect(words[i] == kPattern, "a freed frame was written to: " + number_text(words[i]));
            }
        }
        munmap(place, bytes_);
    }

    unsigned threads_;
    bool guest_;
    u64 bytes_;
};

/// Lets everybody end, whatever happened.
struct Touchers {
    Touchers(unsigned threads, bool guest) {
        for (unsigned i = 0; i < threads; ++i) list.emplace_back(touch, i);
        if (guest) list.emplace_back(touch_as_guest);
    }
    ~Touchers() {
        shared.stop = 1;
        for (std::thread& thread : list) thread.join();
    }
    std::vector<std::thread> list;
};

void run(unsigned threads, bool guest, u64 bytes, u64 rounds) {
    const Memory memory;
    Remapper remapper(threads, guest, bytes);
    {
        const Touchers touchers(threads, guest);
        for (u64 number = 1; number <= rounds; ++number) remapper.round(number);
    }
    remapper.expect_nothing_stale();
}

bool try_run(const char* name, bool guest, u64 bytes, u64 rounds) {
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned others = cores > 2 ? static_cast<unsigned>(cores) - 1 : 1;
    try {
        run(guest && others > 1 ? others - 1 : guest ? 0 : others, guest, bytes, rounds);
        std::printf("ok %s\n", name);
        return true;
    } catch (const std::string& what) {
        std::printf("not ok %s: %s\n", name, what.c_str());
        return false;
    }
}

}  // namespace

/// shootdown [ROUNDS [NAME]]: all of it, or the part called NAME.
int main(int argc, char** argv) {
    const u64 rounds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 60;
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGSEGV, &action, nullptr);
    bool good = true;
    const auto part = [&](const char* name, bool guest, u64 bytes, u64 times) {
        if (argc < 3 || std::strcmp(argv[2], name) == 0) good &= try_run(name, guest, bytes, times);
    };
    part("ring-3", false, 4096, rounds);
    part("ring-3-large", false, 2 << 20, rounds / 10);
    part("ring-v", true, 4096, rounds);
    part("ring-v-large", true, 2 << 20, rounds / 10);
    return good ? 0 : 1;
}
