// SPDX-License-Identifier: MIT
/// @file
/// @brief Writing and reading recordings.
/// @chapter observability
#include "debugger-ui/model/recording.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

constexpr char kMagic[9] = "TWAINREC";
constexpr u32 kVersion = 3;
/// More than any recording has: a damaged length must not ask for all memory.
constexpr usize kMostBytes = 1ULL << 30;
constexpr u64 kMostRecords = 1 << 24;

class Writer {
   public:
    template <class T>
    void put(const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto* bytes = reinterpret_cast<const char*>(&value);
        content_.insert(content_.end(), bytes, bytes + sizeof(T));
    }
    /// LEB128.
    void put_number(u64 value) {
        for (; value >= 0x80; value >>= 7) put(static_cast<u8>(value | 0x80));
        put(static_cast<u8>(value));
    }
    /// So that small differences of either sign are short.
    void put_difference(u64 difference) { put_number(difference << 1 ^ (0 - (difference >> 63))); }
    void put_text(std::string_view text) { content_.insert(content_.end(), text.begin(), text.end()); }
    void put_section(const char* name, const Writer& section) {
        put_text({name, 4});
        put(u32{0});
        put(u64{section.content_.size()});
        content_.insert(content_.end(), section.content_.begin(), section.content_.end());
    }
    const std::vector<char>& content() const { return content_; }

   private:
    std::vector<char> content_;
};

class Reader {
   public:
    explicit Reader(std::span<const char> content) : content_(content) {}
    bool at_end() const { return content_.empty(); }
    template <class T>
    T get() {
        T value;
        const auto bytes = take(sizeof(T));
        std::memcpy(static_cast<void*>(&value), bytes.data(), sizeof(T));
        return value;
    }
    u64 get_number() {
        u64 value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const u8 byte = get<u8>();
            value |= static_cast<u64>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        throw machine::Error("it has a number of more than 64 bits");
    }
    u64 get_difference() {
        const u64 number = get_number();
        return number >> 1 ^ (0 - (number & 1));
    }
    std::span<const char> take(u64 bytes) {
        if (bytes > content_.size()) throw machine::Error("it is truncated");
        const auto taken = content_.first(bytes);
        content_ = content_.subspan(bytes);
        return taken;
    }

   private:
    std::span<const char> content_;
};

template <usize N>
void copy_name(char (&to)[N], const std::string& name) {
    std::memset(to, 0, N);
    std::memcpy(to, name.data(), std::min(name.size(), N - 1));
}

std::string name_from(const char* name, usize most) { return std::string(name, ::strnlen(name, most)); }

struct NamedValue {
    char name[16];
    u64 value;
};

Writer section_of_pages(const PageSet& pages) {
    Writer section;
    u64 before = 0;
    for (const auto& [place, page] : pages.all()) {
        section.put_difference((place >> kPageShift) - std::exchange(before, place >> kPageShift));
        section.put_number(static_cast<u64>(page->size()) -
                           static_cast<u64>(std::count(page->begin(), page->end(), u64{0})));
        u64 skipped = 0, entry_before = 0;
        for (const u64 entry : *page) {
            if (entry == 0) {
                ++skipped;
                continue;
            }
            section.put_number(std::exchange(skipped, 0));
            section.put_difference(entry - std::exchange(entry_before, entry));
        }
    }
    return section;
}

void read_pages(Reader section, PageSet& pages) {
    for (u64 number = 0; !section.at_end();) {
        number += section.get_difference();
        const u64 count = section.get_number();
        if (number >> (64 - kPageShift) != 0 || count > kEntriesPerTable) throw machine::Error("its pages are damaged");
        Page page{};
        u64 index = 0, entry = 0;
        for (u64 at = 0; at < count; ++at, ++index) {
            const u64 skipped = section.get_number();
            if (skipped >= kEntriesPerTable || (index += skipped) >= kEntriesPerTable)
                throw machine::Error("its pages are damaged");
            page[index] = entry += section.get_difference();
        }
        pages.put(PhysAddr(number << kPageShift), page);
    }
}

/// A record as numbers, the nested entries by what differs from their host entries.
constexpr usize kNumbers = 16, kFirstXor = 14;
using Numbers = std::array<u64, kNumbers>;

Numbers numbers_of(const abi::TraceRecord& r) {
    return {r.sequence,
            r.time_ns,
            r.core,
            r.level_after,
            r.thread,
            static_cast<u64>(r.cause),
            r.access,
            r.level,
            r.resolution,
            r.root_page,
            r.address,
            r.guest_virtual,
            r.host_before,
            r.host_after,
            r.host_before ^ r.nested_before,
            r.host_after ^ r.nested_after};
}

abi::TraceRecord record_of(const Numbers& n) {
    abi::TraceRecord record{};
    record.sequence = n[0];
    record.time_ns = n[1];
    record.core = static_cast<u16>(n[2]);
    record.level_after = static_cast<u8>(n[3]);
    record.thread = static_cast<u32>(n[4]);
    record.cause = static_cast<abi::TraceCause>(n[5]);
    record.access = static_cast<u8>(n[6]);
    record.level = static_cast<u8>(n[7]);
    record.resolution = static_cast<u8>(n[8]);
    record.root_page = static_cast<u32>(n[9]);
    record.address = n[10];
    record.guest_virtual = n[11];
    record.host_before = n[12];
    record.host_after = n[13];
    record.nested_before = n[12] ^ n[14];
    record.nested_after = n[13] ^ n[15];
    return record;
}

Writer section_of_records(const TraceLog& log) {
    Writer section;
    section.put_number(log.size());
    Numbers expected{};
    for (usize index = 0; index < log.size(); ++index) {
        const Numbers numbers = numbers_of(log[index]);
        ++expected[0];
        u64 mask = 0;
        for (usize at = 0; at < kNumbers; ++at) mask |= static_cast<u64>(numbers[at] != expected[at]) << at;
        section.put_number(mask);
        for (usize at = 0; at < kNumbers; ++at) {
            if (numbers[at] == expected[at]) continue;
            at < kFirstXor ? section.put_difference(numbers[at] - expected[at]) : section.put_number(numbers[at]);
        }
        expected = numbers;
    }
    return section;
}

void read_records(Reader section, TraceLog& log) {
    std::vector<abi::TraceRecord> records;
    Numbers numbers{};
    u64 left = section.get_number();
    if (left > kMostRecords) throw machine::Error("it is too large for a recording");
    for (; left > 0; --left) {
        const u64 last = numbers[0]++;
        const u64 mask = section.get_number();
        if (mask >> kNumbers != 0) throw machine::Error("its records are damaged");
        for (usize at = 0; at < kNumbers; ++at) {
            if (!(mask >> at & 1)) continue;
            at < kFirstXor ? numbers[at] += section.get_difference() : numbers[at] = section.get_number();
        }
        if (numbers[0] <= last) throw machine::Error("its records are out of order");
        records.push_back(record_of(numbers));
    }
    log.append(std::move(records));
}

std::vector<char> content_of(const Snapshot& snapshot) {
    Writer file, message, processes, vcpus, registers;
    file.put_text({kMagic, 8});
    file.put(kVersion);
    file.put(static_cast<u32>(snapshot.format));
    message.put_text(snapshot.message);
    for (const Process& process : snapshot.processes) {
        abi::DebugProcess entry{process.root.raw, process.image, process.pid, 0, {}};
        copy_name(entry.name, process.name);
        processes.put(entry);
    }
    for (const Vcpu& vcpu : snapshot.vcpus) {
        for (const u64 word : {u64{vcpu.thread}, u64{vcpu.in_guest}, u64{vcpu.paging_known}, vcpu.paging.cr0,
                               vcpu.paging.cr3, vcpu.paging.cr4, vcpu.paging.efer, vcpu.rip}) {
            vcpus.put(word);
        }
    }
    for (const Register& one : snapshot.registers) {
        NamedValue entry{{}, one.value};
        copy_name(entry.name, one.name);
        registers.put(entry);
    }
    file.put_section("MSG ", message);
    file.put_section("PROC", processes);
    file.put_section("VCPU", vcpus);
    file.put_section("REGS", registers);
    file.put_section("PAGE", section_of_pages(snapshot.pages));
    file.put_section("RECS", section_of_records(snapshot.log));
    return file.content();
}

void read_section(const std::string& name, Reader section, Snapshot& snapshot) {
    if (name == "MSG ") {
        while (!section.at_end()) snapshot.message += section.get<char>();
    } else if (name == "PROC") {
        while (!section.at_end()) {
            const auto entry = section.get<abi::DebugProcess>();
            snapshot.processes.push_back(
                {PhysAddr(entry.root), entry.pid, name_from(entry.name, sizeof(entry.name)), entry.image});
        }
    } else if (name == "VCPU") {
        while (!section.at_end()) {
            const auto words = section.get<std::array<u64, 8>>();
            snapshot.vcpus.push_back({static_cast<u32>(words[0]),
                                      words[1] != 0,
                                      words[2] != 0,
                                      {words[3], words[4], words[5], words[6]},
                                      words[7]});
        }
    } else if (name == "REGS") {
        while (!section.at_end()) {
            const auto entry = section.get<NamedValue>();
            snapshot.registers.push_back({name_from(entry.name, sizeof(entry.name)), entry.value});
        }
    } else if (name == "PAGE") {
        read_pages(section, snapshot.pages);
    } else if (name == "RECS") {
        read_records(section, snapshot.log);
    }
}

/// The whole of a gzip file.
std::vector<char> unpack(const std::filesystem::path& name) {
    gzFile file = ::gzopen(name.c_str(), "rb");
    if (!file) throw machine::error_from_errno("it cannot be opened");
    std::vector<char> content;
    char buffer[1 << 16];
    int got = 0;
    while ((got = ::gzread(file, buffer, sizeof(buffer))) > 0 && content.size() <= kMostBytes) {
        content.insert(content.end(), buffer, buffer + got);
    }
    // Closing is what tells that a file ended too early.
    if (::gzclose(file) != Z_OK || got < 0) throw machine::Error("it is damaged or truncated");
    if (content.size() > kMostBytes) throw machine::Error("it is too large for a recording");
    return content;
}

Snapshot snapshot_from(std::span<const char> content) {
    Reader file(content);
    if (content.size() < 16 || std::memcmp(file.take(8).data(), kMagic, 8) != 0)
        throw machine::Error("it is no recording");
    const u32 version = file.get<u32>();
    if (version != kVersion)
        throw machine::Error("it is a recording of version " + std::to_string(version) + ", this reads " +
                             std::to_string(kVersion));
    const u32 format = file.get<u32>();
    if (format > 1) throw machine::Error("it names an unknown nested format");
    Snapshot snapshot;
    snapshot.state = MachineState::Recording;
    snapshot.format = static_cast<NestedFormat>(format);
    while (!file.at_end()) {
        const auto name = file.take(4);
        file.get<u32>();
        const u64 bytes = file.get<u64>();
        read_section(std::string(name.data(), 4), Reader(file.take(bytes)), snapshot);
    }
    return snapshot;
}

}  // namespace

void save_recording(const Snapshot& snapshot, const std::filesystem::path& name) {
    const std::vector<char> content = content_of(snapshot);
    const std::filesystem::path unfinished = name.string() + ".part";
    gzFile file = ::gzopen(unfinished.c_str(), "wb9");
    if (!file) throw machine::error_from_errno("cannot write " + name.string());
    const auto bytes = static_cast<unsigned>(content.size());
    const bool written = ::gzwrite(file, content.data(), bytes) == static_cast<int>(bytes);
    std::error_code failed;
    if (::gzclose(file) == Z_OK && written) std::filesystem::rename(unfinished, name, failed);
    if (!written || failed) throw machine::Error("cannot write " + name.string());
}

Snapshot load_recording(const std::filesystem::path& name) {
    try {
        return snapshot_from(unpack(name));
    } catch (const machine::Error& problem) {
        throw machine::Error("cannot read the recording " + name.string() + ": " + problem.what());
    }
}

}  // namespace debugger
