// SPDX-License-Identifier: MIT
/// @file
/// @brief Starts our own programs on the student's kernel, and reads their memory by their pairs.
/// @chapter testing
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "labs/04-programs/checks.h"
#include "labs/grade/pairs.h"
#include "tests/boot/pair_walk.h"
#include "tests/programs/labprobe.h"

namespace grading {
namespace {

constexpr u64 kPage = 4096, kBoot = 500'000'000, kStackTop = 0x7fff'ffff'e000;

std::string file_of(const std::string& program) { return machine::build_directory() + "/programs/" + program; }

/// A process that waits to be looked at.
class Probe {
   public:
    Probe(Bench& bench, const std::string& name, unsigned which = 0)
        : rsp_(bench.rsp()), file_(read_file(file_of(name))) {
        const auto block = machine::read_debug_block(rsp_, bench.kernel());
        for (const auto& process : block->processes) {
            if (process.root == 0 || std::string(process.name, strnlen(process.name, sizeof process.name)) != name)
                continue;
            if (which-- > 0) continue;
            contents_ = read_pairs(rsp_, PhysAddr(process.root));
            std::memcpy(&header_, file_.data(), sizeof header_);
            for (unsigned i = 0; i < header_.e_phnum; ++i) {
                Elf64_Phdr h;
                std::memcpy(&h, &file_[header_.e_phoff + i * sizeof h], sizeof h);
                if (h.p_type == PT_LOAD) loads_.push_back(h);
            }
            bias_ = header_.e_type == ET_DYN ? process.image : 0;
            symbols_ = std::make_unique<machine::Symbols>(file_of(name), bias_);
            return;
        }
        wrong("a process called " + name, "none");
    }

    const Contents& contents() const { return contents_; }
    const std::vector<Elf64_Phdr>& loads() const { return loads_; }
    const Elf64_Ehdr& header() const { return header_; }
    const std::string& file() const { return file_; }
    u64 bias() const { return bias_; }
    u64 address_of(const char* symbol) const { return symbols_->address_of(symbol).raw; }
    bool has(u64 address) const {
        return std::any_of(contents_.pages.begin(), contents_.pages.end(), [&](const Entry& page) {
            return page.address.raw <= address && address - page.address.raw < bytes_per_entry(page.level);
        });
    }
    machine::Bytes memory(u64 address, u64 bytes) { return memory_of(rsp_, contents_, address, bytes); }
    u64 word(u64 address) {
        u64 value = 0;
        std::memcpy(&value, memory(address, 8).data(), 8);
        return value;
    }
    std::string text(u64 address) {
        std::string text;
        for (u8 byte; (byte = memory(address + text.size(), 1)[0]) != 0 && text.size() < 200;)
            text += static_cast<char>(byte);
        return text;
    }
    labprobe::Results results() {
        labprobe::Results results;
        const machine::Bytes bytes = memory(address_of("probe_results"), sizeof results);
        std::memcpy(&results, bytes.data(), sizeof results);
        return results;
    }

   private:
    machine::Rsp& rsp_;
    std::string file_;
    Contents contents_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Phdr> loads_;
    u64 bias_ = 0;
    std::unique_ptr<machine::Symbols> symbols_;
};

/// Types command lines, each of which starts a probe, and waits until they are ready.
void start(Bench& bench, const std::vector<std::string>& commands) {
    bench.run_to_text(machine::kTwainPrompt, kBoot);
    for (const std::string& command : commands) {
        bench.type(command + " &\n");
        bench.run_to_text("probed", kBoot);
    }
}

BenchOptions options_of(const Subject& subject) { return {.kernel = subject.submission.tree() / "build/twain.elf"}; }

std::string random_text(Random& random, unsigned length) {
    std::string text;
    while (text.size() < length) text += static_cast<char>('a' + random(26));
    return text;
}

/// What a file's header says of its sections is another thing once it is stripped.
bool is_of_sections(u64 offset) {
    const auto in = [offset](u64 begin, u64 end) { return offset >= begin && offset < end; };
    return in(offsetof(Elf64_Ehdr, e_shoff), offsetof(Elf64_Ehdr, e_flags)) ||
           in(offsetof(Elf64_Ehdr, e_shentsize), sizeof(Elf64_Ehdr));
}

void expect_segment(Probe& probe, const Elf64_Phdr& h) {
    const u64 begin = align_down(h.p_vaddr, kPage), end = align_up(h.p_vaddr + h.p_memsz, kPage);
    const auto text = [&](u64 address) {
        return "at " + hex(address) + " (" + hex(address + probe.bias()) + " in memory)";
    };
    u64 mapped = 0;
    for (u64 page = begin; page < end; page += kPage) {
        const u64 address = page + probe.bias();
        if (!probe.has(address)) continue;
        ++mapped;
        for (const Entry& entry : probe.contents().pages) {
            if (entry.address.raw != address) continue;
            const Rights rights = entry.host.rights();
            // What was only read may be closed to writes.
            if (rights.execute != ((h.p_flags & PF_X) != 0) || (rights.write && !(h.p_flags & PF_W)))
                wrong("the rights of the file's segment " + text(page), entry.text());
        }
        const machine::Bytes bytes = probe.memory(address, kPage);
        for (u64 i = 0; i < kPage; ++i) {
            const u64 at = page + i, offset = h.p_offset + (at - h.p_vaddr);
            if (at < h.p_vaddr || at >= h.p_vaddr + h.p_filesz || (h.p_flags & PF_W) || is_of_sections(offset))
                continue;
            if (bytes[i] != static_cast<u8>(probe.file()[offset]))
                wrong("the file's bytes " + text(at), "another byte");
        }
    }
    if (mapped == 0) wrong("pages of the segment " + text(begin) + ", which the program touched", "none");
}

void expect_loaded(Bench& bench, const std::string& name) {
    Probe probe(bench, name);
    if (probe.header().e_type == ET_DYN && (probe.bias() == 0 || probe.bias() % kPage != 0))
        wrong("a program that may be moved above the window", "one at " + hex(probe.bias()));
    for (const Elf64_Phdr& h : probe.loads()) expect_segment(probe, h);
    // Data, but for the last word, which the program changes.
    const u64 data = probe.address_of("probe_data");
    const machine::Bytes words = probe.memory(data, labprobe::kDataWords * 4);
    for (unsigned i = 0; i < labprobe::kDataWords - 1; ++i) {
        u32 word = 0;
        std::memcpy(&word, &words[i * 4], 4);
        if (word != labprobe::pattern(i))
            wrong("the file's word " + hex(labprobe::pattern(i)) + " at " + hex(data + i * 4), hex(word));
    }
    const labprobe::Results results = probe.results();
    if (results.done != 1) wrong("a program that ran to its end", "one that did not");
    if (results.nonzero != 0)
        wrong("zeros behind the file's data when the program starts", std::to_string(results.nonzero) + " other bytes");
}

/// What the stack must say, and where `at` stands behind it.
void expect_texts(Probe& probe, u64& at, const std::vector<std::string>& expected, const char* what) {
    for (const std::string& each : expected) {
        const u64 address = probe.word(at);
        if (address < at || address >= kStackTop) wrong(std::string(what) + " `" + each + "` above RSP", hex(address));
        if (probe.text(address) != each) wrong(std::string(what) + " `" + each + "`", "`" + probe.text(address) + "`");
        at += 8;
    }
    if (probe.word(at) != 0) wrong(std::string("a null pointer behind the last ") + what, hex(probe.word(at)));
    at += 8;
}

std::map<u64, u64> auxiliary_vector(Probe& probe, u64 at) {
    std::map<u64, u64> vector;
    for (unsigned i = 0; i < 64; ++i, at += 16) {
        const u64 key = probe.word(at);
        if (key == AT_NULL) return vector;
        vector[key] = probe.word(at + 8);
    }
    wrong("an auxiliary vector that AT_NULL ends", "64 entries without it");
}

void expect_stack(Probe& probe, const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                  std::set<u64>& randoms) {
    u64 at = probe.results().stack_pointer;
    if (at % 16 != 0) wrong("RSP at a multiple of 16", hex(at));
    if (probe.word(at) != arguments.size())
        wrong("a count of " + std::to_string(arguments.size()) + " arguments at RSP", hex(probe.word(at)));
    at += 8;
    expect_texts(probe, at, arguments, "argument");
    expect_texts(probe, at, environment, "environment");
    std::map<u64, u64> vector = auxiliary_vector(probe, at);
    const auto expect = [&](const char* name, u64 key, u64 value) {
        if (!vector.contains(key)) wrong(std::string(name) + " in the auxiliary vector", "none");
        if (vector[key] != value) wrong(std::string(name) + " " + hex(value), hex(vector[key]));
    };
    expect("AT_PAGESZ", AT_PAGESZ, kPage);
    expect("AT_PHENT", AT_PHENT, sizeof(Elf64_Phdr));
    expect("AT_PHNUM", AT_PHNUM, probe.header().e_phnum);
    expect("AT_ENTRY", AT_ENTRY, probe.header().e_entry + probe.bias());
    expect("AT_PHDR", AT_PHDR, probe.loads()[0].p_vaddr + probe.bias() + probe.header().e_phoff);
    for (const auto& [name, key] : {std::pair{"AT_UID", AT_UID},
                                    {"AT_EUID", AT_EUID},
                                    {"AT_GID", AT_GID},
                                    {"AT_EGID", AT_EGID},
                                    {"AT_SECURE", AT_SECURE}})
        expect(name, static_cast<u64>(key), 0);
    if (probe.text(vector[AT_EXECFN]) != arguments[0])
        wrong("AT_EXECFN `" + arguments[0] + "`", "`" + probe.text(vector[AT_EXECFN]) + "`");
    if (probe.text(vector[AT_PLATFORM]) != "x86_64")
        wrong("AT_PLATFORM `x86_64`", "`" + probe.text(vector[AT_PLATFORM]) + "`");
    if (!randoms.insert(probe.word(vector[AT_RANDOM])).second)
        wrong("other random bytes at AT_RANDOM for each program", "the same");
}

}  // namespace

void check_loads(const Subject& subject) {
    Bench bench(options_of(subject));
    start(bench, {"labprobe", "labprobe-fixed"});
    expect_loaded(bench, "labprobe");
    expect_loaded(bench, "labprobe-fixed");
}

void check_stack(const Subject& subject) {
    Random random(subject.seed);
    Bench bench(options_of(subject));
    // With one argument more the words are one more: RSP must be aligned all the same.
    std::vector<std::vector<std::string>> arguments, environments;
    std::vector<std::string> commands;
    for (unsigned i = 0; i < 2; ++i) {
        const std::string path = i ? "/bin/labprobe-fixed" : "/bin/labprobe";
        arguments.push_back({path, random_text(random, 16)});
        for (unsigned n = 0; n < 2 + i; ++n) arguments[i].push_back(random_text(random, 1 + random(20)));
        environments.push_back({"A=" + random_text(random, 9), "HOME=/" + random_text(random, 5)});
        std::string command = "env -i";
        for (const std::string& each : environments[i]) command += " " + each;
        for (const std::string& each : arguments[i]) command += " " + each;
        commands.push_back(command);
    }
    start(bench, commands);
    std::set<u64> randoms{0};
    for (unsigned i = 0; i < 2; ++i) {
        Probe probe(bench, i ? "labprobe-fixed" : "labprobe");
        expect_stack(probe, arguments[i], environments[i], randoms);
    }
}

void check_calls(const Subject& subject) {
    using namespace labprobe;
    // As Linux answers.
    struct Expected {
        Call call;
        const char* what;
        i64 answer;
    };
    constexpr Expected kExpected[] = {
        {kWritePipe, "write of 16 bytes to a pipe", 16},
        {kReadFresh, "read of 16 bytes into a page that nobody has touched", 16},
        {kWriteHole, "write from where nothing is mapped", -EFAULT},
        {kWriteKernel, "write from the kernel's memory", -EFAULT},
        {kWriteAcrossEnd, "write from a range that leaves the user half", -EFAULT},
        {kWriteAll, "write of 2^64 - 1 bytes", -EFAULT},
        {kReadIntoCode, "read into code", -EFAULT},
        {kReadNothing, "read of no byte", 0},
        {kWriteNothing, "write of no byte, from address 0", 0},
        {kWriteReadEnd, "write to a pipe's reading end", -EBADF},
        {kReadWriteEnd, "read from a pipe's writing end", -EBADF},
        {kWriteNoFile, "write to a descriptor that is not open", -EBADF},
        {kWritePieces, "writev of 7, 0 and 10 bytes", 17},
        {kReadPieces, "readv into 5 and 12 bytes", 17},
        {kTooManyPieces, "writev of 1025 pieces", -EINVAL},
        {kNegativePiece, "writev of a piece of -1 bytes", -EINVAL},
        {kPiecesInHole, "writev with its list where nothing is mapped", -EFAULT},
        {kPieceInKernel, "writev of a piece of the kernel's memory", -EFAULT},
        {kNoPieces, "writev of no piece", 0},
    };
    static_assert(std::size(kExpected) == kCalls);
    Random random(subject.seed);
    const std::string word = random_text(random, 16);
    Bench bench(options_of(subject));
    start(bench, {"labprobe " + word});
    const Results results = Probe(bench, "labprobe").results();
    for (const Expected& each : kExpected) {
        if (results.calls[each.call] != each.answer)
            wrong(std::string(each.what) + " answers " + std::to_string(each.answer),
                  std::to_string(results.calls[each.call]));
    }
    if (std::string(results.fresh, 16) != word) wrong("the word `" + word + "` through a pipe", "other bytes");
    // Written as [0, 7) and [3, 13), read first to 12 and then to 0.
    const std::string sent = word.substr(0, 7) + word.substr(3, 10);
    if (std::string(results.pieces, 17) != sent.substr(5) + sent.substr(0, 5))
        wrong("pieces in their order: `" + sent.substr(5) + sent.substr(0, 5) + "`",
              "`" + std::string(results.pieces, 17) + "`");
}

}  // namespace grading
