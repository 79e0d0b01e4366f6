// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: mappings of files, and memory shared between processes.
/// @chapter testing
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

std::string three_pages() {
    std::string text;
    while (text.size() < 3 * kPage) text += "line " + std::to_string(text.size()) + "\n";
    text.resize(3 * kPage - 100);
    return text;
}

void private_file() {
    std::string const text = three_pages();
    check("a file of nearly three pages", write_file("text", text));
    Descriptor file(open("text", O_RDONLY));
    constexpr int kProtection = PROT_READ | PROT_WRITE;
    void* const mapped = mmap(nullptr, 3 * kPage, kProtection, MAP_PRIVATE, file.get(), 0);
    check("is mapped privately for writing, though open for reading", mapped != MAP_FAILED);
    if (mapped == MAP_FAILED) return;
    file.close();
    auto* const bytes = static_cast<char*>(mapped);
    check("its bytes are those of the file", memcmp(bytes, text.data(), text.size()) == 0);
    check("what lies past its end is zero", bytes[text.size()] == 0 && bytes[3 * kPage - 1] == 0);
    bytes[kPage] = '!';
    check("a write is seen in memory", bytes[kPage] == '!');
    check("and not in the file", read_file("text") == text);
    int const seen = exit_code_of([bytes] {
        bytes[0] = '?';
        return bytes[kPage] == '!' ? 1 : 2;
    });
    equal("a child sees it", seen, 1);
    check("the parent does not see what the child wrote", bytes[0] == text[0]);
    munmap(mapped, 3 * kPage);
}

void file_offsets() {
    std::string const text = three_pages();
    write_file("text", text);
    Descriptor const file(open("text", O_RDONLY));
    void* const second = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, file.get(), kPage);
    check("the second page alone", second != MAP_FAILED && memcmp(second, text.data() + kPage, kPage) == 0);
    long const odd = reinterpret_cast<long>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, file.get(), 100));
    fails("an odd offset", odd, EINVAL);
    equal("a write to a read-only mapping", fault_of_write(second).code, SEGV_ACCERR);
    munmap(second, kPage);
    void* const past = mmap(nullptr, 2 * kPage, PROT_READ, MAP_PRIVATE, file.get(), 2 * kPage);
    equal("the page with the end of the file is there", fault_of_read(past).signal, 0);
    equal("a page past the end is SIGBUS", fault_of_read(static_cast<char*>(past) + kPage).signal, SIGBUS);
    munmap(past, 2 * kPage);
    Descriptor const directory(open(".", O_RDONLY | O_DIRECTORY));
    fails("a directory", reinterpret_cast<long>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, directory.get(), 0)),
          ENODEV);
    Descriptor const writer(open("text", O_WRONLY));
    fails("a file open for writing only",
          reinterpret_cast<long>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, writer.get(), 0)), EACCES);
}

void shared_file() {
    write_file("text", three_pages());
    Descriptor const file(open("text", O_RDWR));
    void* const mapped = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    check("is mapped", mapped != MAP_FAILED);
    if (mapped == MAP_FAILED) return;
    auto* const bytes = static_cast<char*>(mapped);
    memcpy(bytes, "MAP", 3);
    check("read sees what was stored", read_file("text").starts_with("MAP"));
    pwrite(file.get(), "PUT", 3, 0);
    check("memory sees what was written", memcmp(bytes, "PUT", 3) == 0);
    run_child([bytes] {
        bytes[0] = 'C';
        return 0;
    });
    check("the parent sees what the child stored", bytes[0] == 'C');
    munmap(mapped, kPage);
    check("the file keeps it", read_file("text").starts_with("CUT"));
    Descriptor const reader(open("text", O_RDONLY));
    constexpr int kProtection = PROT_READ | PROT_WRITE;
    long const refused = reinterpret_cast<long>(mmap(nullptr, kPage, kProtection, MAP_SHARED, reader.get(), 0));
    fails("for writing, though open for reading", refused, EACCES);
}

void shared_memory() {
    constexpr int kProtection = PROT_READ | PROT_WRITE;
    void* const mapped = mmap(nullptr, 4 * kPage, kProtection, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check("is mapped", mapped != MAP_FAILED);
    if (mapped == MAP_FAILED) return;
    auto* const words = static_cast<int volatile*>(mapped);
    words[0] = 1;
    int const seen = exit_code_of([words] {
        words[1024] = 5;  // a page that the parent has not touched
        words[0] = words[0] + 1;
        return words[0];
    });
    equal("the child sees the parent's store", seen, 2);
    equal("the parent sees the child's", words[0], 2);
    equal("also in a page first touched by the child", words[1024], 5);
    int const deeper = exit_code_of([words] {
        return exit_code_of([words] {
            words[0] = 40;
            return 40;
        });
    });
    equal("a grandchild shares it too", deeper, 40);
    equal("with its grandparent", words[0], 40);
    munmap(mapped, 4 * kPage);
}

void unlinked_file() {
    write_file("text", "still here");
    Descriptor file(open("text", O_RDONLY));
    void* const mapped = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, file.get(), 0);
    unlink("text");
    file.close();
    check("a mapping outlives the name of its file", memcmp(mapped, "still here", 10) == 0);
    munmap(mapped, kPage);
}

void zero_device() {
    Descriptor const zero(open("/dev/zero", O_RDWR));
    void* const mapped = mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero.get(), 0);
    check("is mapped", mapped != MAP_FAILED);
    if (mapped == MAP_FAILED) return;
    auto* const bytes = static_cast<char*>(mapped);
    equal("reads as zero", bytes[kPage], 0);
    bytes[kPage] = 1;
    equal("and can be written", bytes[kPage], 1);
    munmap(mapped, 2 * kPage);
}

constexpr Case kCases[] = {
    {"map-private-file", private_file}, {"map-file-offsets", file_offsets},   {"map-shared-file", shared_file},
    {"map-shared", shared_memory},      {"map-unlinked-file", unlinked_file}, {"map-dev-zero", zero_device},
};

}  // namespace

Group mapping_cases() { return kCases; }

}  // namespace systest
