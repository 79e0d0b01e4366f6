// SPDX-License-Identifier: MIT
/// @file
/// @brief A guest that boots with small pages, followed live: what the debugger has of it is held against the machine's memory, and
///        what following costs against a boot that nobody looks at.
/// @chapter observability
#include <time.h>
#include <zlib.h>

#include <cstring>
#include <map>

#include "abi/debug.h"
#include "debugger-ui/model/recording.h"
#include "debugger-ui/symbols/symbols.h"
#include "tests/debugger/live.h"

namespace machine {
namespace {

/// The processor sets these of its own accord.
constexpr u64 kAccessed = 0x20, kDirty = 0x40;
constexpr u64 kSeen = ~(kAccessed | kDirty), kFrameOfEntry = 0xf'ffff'ffff'f000;

struct Entries {
    u64 host = 0, nested = 0;
    bool operator==(const Entries&) const = default;
};
using Pages = std::map<u64, Entries>;  ///< by guest-physical address

class Boot : public LiveTest {
   protected:
    /// As far as the guest's prompt, by a clock that counts instructions.
    void boot(bool followed) {
        std::filesystem::remove(ram_path());
        TwainOptions options;
        options.words = "mode=guest guest_mem=256M bigpages=off";
        options.cores = 1;
        options.memory = "512M";
        options.more = {"-object",  "memory-backend-file,id=ram,size=512M,share=on,mem-path=" + ram_path(),
                        "-machine", "memory-backend=ram",
                        "-icount",  "shift=1,sleep=off"};
        if (followed) options.more.push_back("-S");
        machine_ = std::make_unique<Machine>(twain(options));
        ram_ = File(::open(ram_path().c_str(), O_RDWR | O_CLOEXEC));
        if (followed) {
            debug(machine_->stub(), {"--ram", ram_path()});
            ask("print state\nrun");
            // While it boots, it is known how far it has come.
            for (const u64 wanted : {5'000, 10'000, 15'000}) {
                const u64 seen =
                    faults_in(ask("wait-faults " + std::to_string(wanted) + " 120\nprint state", Seconds(150)));
                EXPECT_GE(seen, wanted);
                EXPECT_LE(seen, block().trace_next);
                last_seen_ = seen;
            }
        }
        machine_->console().expect(kGuestPrompt, Seconds(180));
        busy_ = busy_seconds();
        if (followed) { EXPECT_LT(last_seen_, block().trace_next - 1) << "it was seen only when all was over"; }
    }
    /// Processor time of the whole emulator so far.
    double busy_seconds() {
        clockid_t clock{};
        timespec time{};
        EXPECT_EQ(::clock_getcpuclockid(machine_->pid(), &clock), 0);
        ::clock_gettime(clock, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    }
    static u64 faults_in(const std::string& state) {
        const usize at = state.find(" faults, ");
        if (at == std::string::npos) return 0;
        return std::stoull(state.substr(state.rfind(' ', at - 1) + 1));
    }

    template <class T>
    void read_at(u64 place, T* into, usize count) {
        const usize bytes = count * sizeof(T);
        ASSERT_EQ(::pread(ram_.get(), into, bytes, static_cast<off_t>(place)), static_cast<ssize_t>(bytes));
    }
    abi::DebugBlock block() {
        abi::DebugBlock block{};
        read_at(symbols_.physical_of(symbols_.address_of("twain_debug"))->raw, &block, 1);
        return block;
    }
    /// The kernel's own records, as they lie in memory.
    std::vector<abi::TraceRecord> records() {
        const abi::DebugBlock now = block();
        std::vector<abi::TraceRecord> all(std::min<u64>(now.trace_next - 1, now.trace_records));
        EXPECT_EQ(all.size(), now.trace_next - 1) << "the ring is too small for this test";
        read_at(now.trace, all.data(), all.size());
        return all;
    }
    /// When the guest had so many faults behind it: in instructions, two nanoseconds each.
    u64 time_of_fault(usize number) {
        for (const abi::TraceRecord& record : records()) {
            if (record.cause == abi::TraceCause::RingV && number-- == 0) return record.time_ns;
        }
        ADD_FAILURE() << "so many faults there were not";
        return 0;
    }
    /// Every page of the window as both halves have it, found by the nested tables alone.
    void find_pages(u64 table, unsigned level, u64 address, Pages& pages) {
        std::array<u64, 1024> pair{};
        read_at(table, pair.data(), pair.size());
        for (u64 index = 0; index < (level == 4 ? 1 : 512); ++index) {
            const u64 host = pair[index], nested = pair[512 + index],
                      here = address + (index << (12 + 9 * (level - 1)));
            if (!(nested & 1)) continue;
            if (level == 1) {
                pages[here] = {host & kSeen, nested & kSeen};
            } else {
                ASSERT_FALSE(nested & 0x80) << "a large page at 0x" << std::hex << here;
                find_pages((nested & kFrameOfEntry) - kPageBytes, level - 1, here, pages);
            }
        }
    }

    double busy_ = 0;  ///< processor time of the emulator, as far as the prompt
    u64 last_seen_ = 0;
    /// Each record says what it found as the one before had left it, and the last ones say what stands in memory.
    void expect_agreement(const debugger::Snapshot& seen) {
        const std::vector<abi::TraceRecord> kernels = records();
        ASSERT_EQ(seen.log.size(), kernels.size());
        const debugger::Process* vmm = debugger::main_process(seen);
        ASSERT_TRUE(vmm && vmm->name == "vmm");
        Pages by_records, in_memory;
        usize of_guest = 0;
        for (usize at = 0; at < kernels.size(); ++at) {
            const abi::TraceRecord& record = seen.log[at];
            ASSERT_EQ(record.sequence, at + 1) << "a gap";
            ASSERT_EQ(std::memcmp(&record, &kernels[at], sizeof(record)), 0) << record.sequence;
            const bool in_window = record.address < kWindowEnd.raw && debugger::root_of(record) == vmm->root;
            if (!in_window || record.resolution != debugger::kResolutionMapped) continue;
            of_guest += record.cause == abi::TraceCause::RingV;
            Entries& page = by_records[record.address & ~(kPageBytes - 1)];
            ASSERT_EQ((Entries{record.host_before & kSeen, record.nested_before & kSeen}), page) << record.sequence;
            page = {record.host_after & kSeen, record.nested_after & kSeen};
        }
        find_pages(vmm->root.raw, 4, 0, in_memory);
        std::cout << kernels.size() << " faults, " << of_guest << " of the guest, " << in_memory.size() << " pages\n";
        EXPECT_GT(of_guest, 20'000u);
        EXPECT_EQ(in_memory.size(), by_records.size());
        for (const auto& [address, entries] : in_memory) {
            ASSERT_EQ(by_records.count(address), 1u) << std::hex << address;
            ASSERT_EQ(entries, by_records[address]) << std::hex << address;
        }
    }
    /// The whole boot in one small file.
    static void expect_small(const std::string& file) {
        usize bytes = 0;
        const gzFile packed = ::gzopen(file.c_str(), "rb");
        for (std::array<char, 65536> piece{}; const int got = ::gzread(packed, piece.data(), piece.size());)
            bytes += static_cast<usize>(got);
        ::gzclose(packed);
        std::cout << "a recording of " << bytes << " bytes, " << std::filesystem::file_size(file) << " packed\n";
        EXPECT_LT(bytes, 500'000u);
        EXPECT_LT(std::filesystem::file_size(file), 100'000u);
    }

    Symbols symbols_{build_directory() + "/twain.elf"};
};

/// The same clock for both, and the same instructions: the debugger only reads.
TEST_F(Boot, IsAsQuickWhenItIsFollowedAndWholeOnTheTimeLine) {
    constexpr usize kFault = 20'000;
    constexpr int kMost = 3;
    double alone = 1e9, followed = 1e9;
    for (int pair = 0; pair < kMost && (pair == 0 || followed > 1.1 * alone); ++pair) {
        boot(false);
        alone = std::min(alone, busy_);
        const u64 time_alone = time_of_fault(kFault);
        boot(true);
        followed = std::min(followed, busy_);
        const u64 time_followed = time_of_fault(kFault);
        std::cout << "to fault " << kFault << ": " << time_alone / 2 << " instructions, followed " << time_followed / 2
                  << "; to the prompt: " << alone << " s of the processor, followed " << followed << std::endl;
        ASSERT_LE(static_cast<double>(time_followed), 1.05 * static_cast<double>(time_alone));
    }
    // The least of some: other programs share the caches.
    EXPECT_LE(followed, 1.1 * alone);

    const std::string file = (directory_.path() / "recording").string();
    const std::string state = ask("stop\nprint state\nsave " + file + "\nprint check", Seconds(200));
    EXPECT_NE(state.find(" 0 lost"), std::string::npos) << state;
    EXPECT_NE(state.find(" 0 violations"), std::string::npos) << state;
    ASSERT_NO_FATAL_FAILURE(expect_agreement(debugger::load_recording(file)));
    expect_small(file);
}

}  // namespace
}  // namespace machine
