// SPDX-License-Identifier: MIT
/// @file
/// @brief Lab 4: parsers and copies, called one by one with bytes that a hostile program might send.
/// @chapter testing
#include <elf.h>

#include <algorithm>
#include <cstring>

#include "labs/04-programs/checks.h"
#include "labs/grade/boots.h"
#include "labs/grade/pairs.h"

namespace grading {
namespace {

using program_lab::Deed;
using program_lab::Plan;
using program_lab::Step;

constexpr u64 kPage = 4096, kUserBytes = 0x7fff'ffff'f000;
constexpr const char* kRefused = "refused (ENOEXEC)";

u64 random_word(Random& random) { return u64{random(1U << 30)} << 20 | random(1U << 20); }

machine::Bytes random_bytes(Random& random, u64 count) {
    machine::Bytes bytes(count);
    for (u8& byte : bytes) byte = static_cast<u8>(1 + random(255));
    return bytes;
}

template <class T>
machine::Bytes bytes_of(const T& value) {
    const u8* begin = reinterpret_cast<const u8*>(&value);
    return machine::Bytes(begin, begin + sizeof value);
}

/// Functions of the kernel's in the machine, before the first process.
class Calls {
   public:
    explicit Calls(const Subject& subject) : bench_({.kernel = subject.submission.tree() / "build/twain.elf"}) {
        bench_.run_to(bench_.kernel().address_of("start_cores"), kToKernel);
        bench_.call("lab_reset", {}, kStepsBudget);
    }
    void put(const char* symbol, const machine::Bytes& bytes) {
        bench_.rsp().write(bench_.kernel().address_of(symbol), bytes);
    }
    machine::Bytes get(const char* symbol, u64 bytes) { return bench_.read(symbol, bytes); }
    u64 address_of(const char* symbol) const { return bench_.kernel().address_of(symbol).raw; }
    Step run(const Step& step) { return run_steps(bench_, std::vector{step})[0]; }
    Plan plan() {
        Plan plan;
        std::memcpy(&plan, get("lab_plan", sizeof plan).data(), sizeof plan);
        return plan;
    }
    /// Of the program's memory, out of its frames.
    machine::Bytes memory(u64 address, u64 bytes) {
        u64 root = 0;
        std::memcpy(&root, get("lab_root", 8).data(), 8);
        return memory_of(bench_.rsp(), read_pairs(bench_.rsp(), PhysAddr(root)), address, bytes);
    }

   private:
    Bench bench_;
};

void expect_same(u64 seen, u64 expected, const std::string& what) {
    if (seen != expected) wrong(what + " " + hex(expected), hex(seen));
}
void expect_error(const Step& step, u64 expected, const std::string& what) {
    if (step.error != expected)
        wrong(what + ": " + (expected ? "error " + std::to_string(expected) : "no error"),
              step.error ? "error " + std::to_string(step.error) : "no error");
}

Elf64_Ehdr good_header(Random& random) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = static_cast<u16>(random(2) ? ET_EXEC : ET_DYN);
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_entry = random_word(random);
    header.e_phoff = 64 + random(4096);
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<u16>(1 + random(64));
    return header;
}

void headers(const Subject& subject) {
    Random random(subject.seed);
    Calls calls(subject);
    const auto parse = [&](const Elf64_Ehdr& header, u64 bytes = sizeof(Elf64_Ehdr)) {
        calls.put("lab_bytes", bytes_of(header));
        return calls.run({.deed = Deed::Header, .bytes = bytes});
    };
    for (int i = 0; i < 8; ++i) {
        const Elf64_Ehdr header = good_header(random);
        expect_error(parse(header), 0, "a good header");
        const Plan plan = calls.plan();
        expect_same(plan.entry, header.e_entry, "the entry");
        expect_same(plan.headers_offset, header.e_phoff, "the program headers' offset");
        expect_same(plan.header_count, header.e_phnum, "the number of program headers");
        expect_same(plan.is_position_independent, header.e_type == ET_DYN, "whether it may be moved:");
    }
    const auto refuse = [&](const char* what, auto&& spoil) {
        Elf64_Ehdr header = good_header(random);
        spoil(header);
        expect_error(parse(header), ENOEXEC, what);
    };
    refuse("another magic number", [&](Elf64_Ehdr& h) { h.e_ident[random(4)] ^= 1; });
    refuse("32 bits", [](Elf64_Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; });
    refuse("big-endian", [](Elf64_Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; });
    refuse("another machine's", [](Elf64_Ehdr& h) { h.e_machine = EM_AARCH64; });
    refuse("an object file", [](Elf64_Ehdr& h) { h.e_type = ET_REL; });
    refuse("program headers of another size", [](Elf64_Ehdr& h) { h.e_phentsize = 32; });
    refuse("no program header", [](Elf64_Ehdr& h) { h.e_phnum = 0; });
    refuse("65 program headers", [](Elf64_Ehdr& h) { h.e_phnum = 65; });
    refuse("program headers behind the end of all files", [](Elf64_Ehdr& h) { h.e_phoff = ~0ULL - 64; });
    expect_error(parse(good_header(random), sizeof(Elf64_Ehdr) - 1), ENOEXEC, "a file of 63 bytes");
}

using Table = std::vector<Elf64_Phdr>;

/// Some segments one above the other, with the rights and sizes that programs have.
Table some_segments(Random& random, unsigned count) {
    Table table;
    u64 address = (1 + random(1 << 20)) * kPage, offset = 0;
    for (unsigned i = 0; i < count; ++i) {
        const u64 skip = random(kPage), file = 1 + random(1 << 18);
        Elf64_Phdr h{};
        h.p_type = PT_LOAD;
        h.p_flags = 1 + random(7);
        h.p_vaddr = address + skip;
        h.p_offset = offset + skip;
        h.p_filesz = random(4) ? file : 0;
        h.p_memsz = file + (random(2) ? random(1 << 18) : 0);
        h.p_align = kPage << random(10);
        table.push_back(h);
        address += (1 + random(64)) * kPage + align_up(skip + h.p_memsz, kPage);
        offset += align_up(skip + file, kPage);
    }
    return table;
}

Step parse_table(Calls& calls, const Table& table, u64 offset, bool movable = true) {
    Plan in{};
    in.headers_offset = offset;
    in.header_count = table.size();
    in.is_position_independent = movable;
    calls.put("lab_plan", bytes_of(in));
    const u8* begin = reinterpret_cast<const u8*>(table.data());
    const u64 bytes = table.size() * sizeof(Elf64_Phdr);
    calls.put("lab_bytes", machine::Bytes(begin, begin + bytes));
    return calls.run({.deed = Deed::Image, .bytes = bytes});
}

void expect_plan(const Plan& plan, const Table& loads) {
    expect_same(plan.segment_count, loads.size(), "a plan with so many segments:");
    u64 lowest = ~0ULL, highest = 0, alignment = kPage;
    for (usize i = 0; i < loads.size(); ++i) {
        const Elf64_Phdr& h = loads[i];
        const program_lab::Segment& s = plan.segments[i];
        expect_same(s.address, h.p_vaddr, "a segment at");
        expect_same(s.file_offset, h.p_offset, "a segment from the file's offset");
        expect_same(s.file_bytes, h.p_filesz, "bytes of the file in a segment:");
        expect_same(s.memory_bytes, h.p_memsz, "bytes of memory in a segment:");
        const u64 rights = (h.p_flags & PF_R ? 1 : 0) | (h.p_flags & PF_W ? 2 : 0) | (h.p_flags & PF_X ? 4 : 0);
        expect_same(s.rights, rights, "rights (1 read, 2 write, 4 execute)");
        lowest = std::min(lowest, align_down(h.p_vaddr, kPage));
        highest = std::max(highest, align_up(h.p_vaddr + h.p_memsz, kPage));
        alignment = std::max(alignment, h.p_align);
    }
    expect_same(plan.lowest, lowest, "the lowest page");
    expect_same(plan.highest, highest, "the end of the highest page");
    expect_same(plan.alignment, alignment, "the largest alignment");
}

void segments(const Subject& subject) {
    Random random(subject.seed);
    Calls calls(subject);
    for (int round = 0; round < 6; ++round) {
        const Table loads = some_segments(random, 1 + random(6));
        Table all = loads;
        Elf64_Phdr stack{}, note{}, interpreter{}, second{}, empty{};
        stack.p_type = PT_GNU_STACK;
        stack.p_flags = round % 2 ? PF_R | PF_W : PF_R | PF_W | PF_X;
        note.p_type = PT_NOTE;
        note.p_vaddr = ~0ULL;
        interpreter.p_type = second.p_type = PT_INTERP;
        interpreter.p_offset = 100 + random(1000);
        interpreter.p_filesz = second.p_filesz = 2 + random(50);
        empty.p_type = PT_LOAD;
        for (const Elf64_Phdr& each : {stack, note, interpreter, empty})
            all.insert(all.begin() + random(static_cast<unsigned>(all.size() + 1)), each);
        // A second interpreter means nothing.
        all.push_back(second);
        const bool in_memory = loads[0].p_filesz > 64;
        expect_error(parse_table(calls, all, in_memory ? loads[0].p_offset + 64 : 1ULL << 40), 0, "a good image");
        const Plan plan = calls.plan();
        expect_plan(plan, loads);
        expect_same(plan.executable_stack, round % 2 == 0, "whether the stack is executable:");
        expect_same(plan.interpreter_offset, interpreter.p_offset, "the interpreter's path at");
        expect_same(plan.interpreter_bytes, interpreter.p_filesz, "bytes of the interpreter's path:");
        expect_same(plan.headers_address, in_memory ? loads[0].p_vaddr + 64 : 0, "the program headers in memory at");
    }
    const auto refuse = [&](const std::string& what, auto&& spoil, bool movable = true) {
        Table table = some_segments(random, 3);
        spoil(table[random(3)]);
        expect_error(parse_table(calls, table, 64, movable), ENOEXEC, what + ": " + kRefused);
    };
    refuse("more of the file than of memory", [](Elf64_Phdr& h) { h.p_filesz = h.p_memsz + 1; });
    refuse("an address in the kernel's half", [](Elf64_Phdr& h) { h.p_vaddr |= 0xffff'8000'0000'0000; });
    refuse("an end behind the user half", [](Elf64_Phdr& h) { h.p_vaddr += kUserBytes - h.p_vaddr % (1ULL << 32); });
    refuse("an end that wraps to 0", [](Elf64_Phdr& h) { h.p_memsz = ~0ULL - h.p_vaddr + 2; });
    refuse("a part of the file that wraps", [](Elf64_Phdr& h) {
        h.p_offset = align_down(~0ULL - 4096, kPage) + h.p_vaddr % kPage;
        h.p_memsz = h.p_filesz = 2 * kPage;
    });
    refuse("an offset that is not the address modulo a page", [](Elf64_Phdr& h) { h.p_offset ^= 0x10; });
    refuse(
        "a program that may not be moved, on page 0", [](Elf64_Phdr& h) { h.p_vaddr %= kPage; }, false);
    expect_error(parse_table(calls, some_segments(random, 33), 1ULL << 40), ENOEXEC,
                 std::string("33 segments: ") + kRefused);
    Table none(2);
    none[0].p_type = none[1].p_type = PT_NOTE;
    expect_error(parse_table(calls, none, 64), ENOEXEC, std::string("no segment: ") + kRefused);
    // The file ended before its table did.
    parse_table(calls, some_segments(random, 3), 64);
    expect_error(calls.run({.deed = Deed::Image, .bytes = 3 * sizeof(Elf64_Phdr) - 1}), ENOEXEC,
                 std::string("a table that is cut off: ") + kRefused);
}

void copies(const Subject& subject) {
    Random random(subject.seed);
    Calls calls(subject);
    machine::Bytes model(2 * kPage, 0);
    for (int i = 0; i < 8; ++i) {
        const u64 at = random(2 * kPage - 700), bytes = i == 0 ? 0 : random(700);
        const machine::Bytes data = random_bytes(random, 800);
        calls.put("lab_bytes", data);
        expect_error(calls.run({.deed = Deed::CopyOut, .address = program_lab::kData + at, .bytes = bytes}), 0,
                     "a copy to a program");
        std::copy_n(data.begin(), bytes, model.begin() + static_cast<i64>(at));
        if (calls.memory(program_lab::kData, 2 * kPage) != model)
            wrong(std::to_string(bytes) + " bytes copied to " + hex(program_lab::kData + at) + ", and no other",
                  "other bytes");
    }
    const machine::Bytes before = random_bytes(random, 300);
    calls.put("lab_bytes", before);
    expect_error(calls.run({.deed = Deed::CopyIn, .address = program_lab::kData + kPage - 100, .bytes = 200}), 0,
                 "a copy from a program");
    machine::Bytes expected(model.begin() + kPage - 100, model.begin() + kPage + 100);
    expected.insert(expected.end(), before.begin() + 200, before.end());
    if (calls.get("lab_bytes", 300) != expected) wrong("200 bytes copied from a program, and no other", "other bytes");
    // What a program must not name.
    const u64 guard = calls.address_of("lab_guard");
    const machine::Bytes secret = random_bytes(random, 64);
    calls.put("lab_guard", secret);
    calls.put("lab_bytes", machine::Bytes(64, 0));
    const auto refuse = [&](const std::string& what, u64 address, u64 bytes, bool out) {
        expect_error(calls.run({.deed = out ? Deed::CopyOut : Deed::CopyIn, .address = address, .bytes = bytes}),
                     EFAULT, "a copy " + std::string(out ? "to " : "from ") + what);
    };
    for (const bool out : {true, false}) {
        refuse("the kernel's memory", guard, 64, out);
        refuse("a hole", program_lab::kHole + 8, 8, out);
        refuse("pages of which the last is a hole", program_lab::kHole - 8, 16, out);
        refuse("what begins in the user half and ends in no half", kUserBytes - 8, 4096, out);
        refuse("a range that wraps", program_lab::kData, ~0ULL - 100, out);
    }
    if (calls.get("lab_guard", 64) != secret) wrong("the kernel's memory as it was", "a program's bytes in it");
    if (calls.get("lab_bytes", 64) != machine::Bytes(64, 0)) wrong("nothing of the kernel's memory", "a copy of it");
    refuse("a page that is read-only", program_lab::kReadOnly + random(4000), 8, true);
}

void strings(const Subject& subject) {
    Random random(subject.seed);
    Calls calls(subject);
    const auto put = [&](u64 address, const std::string& text) {
        calls.put("lab_bytes", machine::Bytes(text.begin(), text.end()));
        expect_error(calls.run({.deed = Deed::CopyOut, .address = address, .bytes = text.size()}), 0,
                     "a copy to a program");
    };
    const auto word = [&](u64 length) {
        std::string text;
        while (text.size() < length) text += static_cast<char>('a' + random(26));
        return text;
    };
    const auto expect = [&](u64 address, u64 limit, const std::string& text, const char* what) {
        calls.put("lab_bytes", machine::Bytes(text.size() + 1, 0xee));
        const Step step = calls.run({.deed = Deed::Text, .address = address, .bytes = limit});
        expect_error(step, 0, what);
        expect_same(step.bytes, text.size(), std::string(what) + " of length");
        const machine::Bytes seen = calls.get("lab_bytes", text.size());
        if (std::string(seen.begin(), seen.end()) != text)
            wrong(std::string(what) + ", as it stands there", "other bytes");
    };
    const auto refuse = [&](u64 address, u64 limit, u64 error, const char* what) {
        expect_error(calls.run({.deed = Deed::Text, .address = address, .bytes = limit}), error, what);
    };
    for (const u64 length : {u64{0}, u64{1}, u64{127}, u64{128}, u64{129}, u64{700 + random(100)}}) {
        const std::string text = word(length);
        const u64 address = program_lab::kData + kPage - length / 2;
        put(address, text + '\0' + "behind it");
        expect(address, 4095, text, "a text");
        expect(address, length, text, "a text just as long as its limit");
        if (length > 0) refuse(address, length - 1, ENAMETOOLONG, "a text longer than its limit");
    }
    // The last page that can be read is full of zeros; the one before it ends in a text.
    const std::string last = word(20);
    put(program_lab::kReadOnly - 20, last);
    expect(program_lab::kReadOnly - 20, 4095, last, "a text whose zero lies in the next page");
    expect(program_lab::kHole - 1, 4095, "", "an empty text in the last byte of memory");
    refuse(program_lab::kHole, 4095, EFAULT, "a text in a hole");
    refuse(calls.address_of("lab_guard"), 4095, EFAULT, "a text in the kernel's memory");
    refuse(~0ULL - 4, 4095, EFAULT, "a text at the end of all addresses");
}

}  // namespace

const Checks& programs_checks() {
    static const Checks checks{.target = "twain.elf",
                               .by_name = {{"headers", headers},
                                           {"segments", segments},
                                           {"copies", copies},
                                           {"strings", strings},
                                           {"loads", check_loads},
                                           {"stack", check_stack},
                                           {"calls", check_calls},
                                           {"boots", boots}}};
    return checks;
}

}  // namespace grading
