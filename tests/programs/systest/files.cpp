// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: open, read, write, positions, and the length of files.
/// @chapter testing
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

void open_flags() {
    fails("a file that does not exist", open("new", O_RDONLY), ENOENT);
    Descriptor file(open("new", O_WRONLY | O_CREAT | O_EXCL, 0644));
    check("O_CREAT | O_EXCL makes it", file.open());
    fails("but not twice", open("new", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
    write(file.get(), "content", 7);
    check("O_CREAT opens what is there", Descriptor(open("new", O_WRONLY | O_CREAT, 0644)).open());
    same_text("and keeps it", read_file("new"), "content");
    Descriptor const append(open("new", O_WRONLY | O_APPEND));
    lseek(append.get(), 0, SEEK_SET);
    write(append.get(), "+more", 5);
    same_text("O_APPEND writes at the end", read_file("new"), "content+more");
    equal("and moves the position there", lseek(append.get(), 0, SEEK_CUR), 12);
    Descriptor(open("new", O_WRONLY | O_TRUNC)).close();
    same_text("O_TRUNC empties it", read_file("new"), "");
    fails("O_DIRECTORY on a file", open("new", O_RDONLY | O_DIRECTORY), ENOTDIR);
    fails("a directory for writing", open(".", O_WRONLY), EISDIR);
    Descriptor const directory(open(".", O_RDONLY | O_DIRECTORY));
    check("a directory for reading", directory.open());
    char byte = 0;
    fails("which cannot be read as a file", read(directory.get(), &byte, 1), EISDIR);
    check("openat from it", Descriptor(openat(directory.get(), "new", O_RDONLY)).open());
    fails("openat from a file", openat(file.get(), "new", O_RDONLY), ENOTDIR);
    fails("openat from what is not open", openat(400, "new", O_RDONLY), EBADF);
    symlink("new", "link");
    fails("O_NOFOLLOW on a symbolic link", open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
}

void positions() {
    Descriptor const file(open("text", O_RDWR | O_CREAT, 0644));
    equal("10 bytes are written", write(file.get(), "0123456789", 10), 10);
    equal("SEEK_SET", lseek(file.get(), 3, SEEK_SET), 3);
    equal("SEEK_CUR", lseek(file.get(), 2, SEEK_CUR), 5);
    equal("SEEK_END", lseek(file.get(), -1, SEEK_END), 9);
    fails("before the beginning", lseek(file.get(), -1, SEEK_SET), EINVAL);
    fails("a way to seek that nobody knows", lseek(file.get(), 0, 99), EINVAL);
    equal("the position did not move", lseek(file.get(), 0, SEEK_CUR), 9);
    char buffer[16] = {};
    equal("a read stops at the end", read(file.get(), buffer, 16), 1);
    equal("and there reads nothing", read(file.get(), buffer, 16), 0);
    equal("past the end too", lseek(file.get(), 100, SEEK_SET) + read(file.get(), buffer, 16), 100);
    equal("a write there", write(file.get(), "!", 1), 1);
    std::string const text = read_file("text");
    equal("makes the file longer", text.size(), 101);
    check("with zeros between", text[10] == 0 && text[99] == 0 && text[100] == '!');
    equal("pread reads at its own position", pread(file.get(), buffer, 4, 2), 4);
    check("what is there", memcmp(buffer, "2345", 4) == 0);
    equal("pwrite writes at its own", pwrite(file.get(), "AB", 2, 4), 2);
    equal("neither moves the file's", lseek(file.get(), 0, SEEK_CUR), 101);
    check("and the bytes are there", read_file("text").starts_with("0123AB6789"));
    fails("pread before the beginning", pread(file.get(), buffer, 4, -1), EINVAL);
    equal("reading no bytes", read(file.get(), buffer, 0), 0);
    equal("writing no bytes", write(file.get(), buffer, 0), 0);
}

void lengths() {
    Descriptor const file(open("text", O_RDWR | O_CREAT, 0644));
    write(file.get(), "0123456789", 10);
    succeeds("ftruncate to 4", ftruncate(file.get(), 4));
    same_text("cuts", read_file("text"), "0123");
    equal("the position stays", lseek(file.get(), 0, SEEK_CUR), 10);
    succeeds("ftruncate to 8", ftruncate(file.get(), 8));
    check("adds zeros, not what was there", read_file("text") == std::string("0123\0\0\0\0", 8));
    succeeds("truncate by name", truncate("text", 5000));
    equal("makes it longer", read_file("text").size(), 5000);
    ftruncate(file.get(), 4096);
    ftruncate(file.get(), 4100);
    check("over a page's edge too", read_file("text").substr(4096) == std::string(4, '\0'));
    fails("to a negative length", ftruncate(file.get(), -1), EINVAL);
    Descriptor const reader(open("text", O_RDONLY));
    fails("of a file open for reading", ftruncate(reader.get(), 0), EINVAL);
    fails("of a directory", truncate(".", 0), EISDIR);
    fails("of nothing", truncate("missing", 0), ENOENT);
}

void vectors() {
    Descriptor const file(open("text", O_RDWR | O_CREAT, 0644));
    char one[] = "one ";
    char two[] = "two ";
    char three[] = "three";
    iovec out[] = {{one, 4}, {nullptr, 0}, {two, 4}, {three, 5}};
    equal("writev writes four parts", writev(file.get(), out, 4), 13);
    same_text("in order", read_file("text"), "one two three");
    lseek(file.get(), 0, SEEK_SET);
    char first[6] = {};
    char second[20] = {};
    iovec in[] = {{first, 5}, {second, 19}};
    equal("readv fills one part after another", readv(file.get(), in, 2), 13);
    same_text("the first", first, "one t");
    same_text("the second", second, "wo three");
    fails("a negative number of parts", syscall(SYS_readv, file.get(), in, -1), EINVAL);
    equal("no parts", writev(file.get(), in, 0), 0);
    equal("pwritev", pwritev(file.get(), out, 1, 8), 4);
    equal("preadv", preadv(file.get(), in, 1, 8), 5);
    same_text("reads what it wrote", first, "one e");
}

void great_files() {
    std::string text(3 << 20, '\0');
    for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 2654435761u >> 24);
    check("3 MiB are written", write_file("great", text));
    check("and read", read_file("great") == text);
    struct stat status {};
    stat("great", &status);
    equal("its size", status.st_size, 3 << 20);
    Descriptor const sparse(open("sparse", O_RDWR | O_CREAT, 0644));
    equal("a byte at 1 GiB", pwrite(sparse.get(), "x", 1, 1 << 30), 1);
    stat("sparse", &status);
    equal("makes a file of that size", status.st_size, (1 << 30) + 1);
    check("which takes little room", status.st_blocks < 2048);
    char buffer[8] = {1};
    equal("its middle can be read", pread(sparse.get(), buffer, 8, 1 << 29), 8);
    equal("as zeros", buffer[0] + buffer[7], 0);
}

void sends() {
    std::string const text = std::string(100000, 's') + "end";
    write_file("from", text);
    Descriptor const from(open("from", O_RDONLY));
    Descriptor const to(open("to", O_WRONLY | O_CREAT, 0644));
    equal("sendfile from file to file", sendfile(to.get(), from.get(), nullptr, 1 << 24), 100003);
    check("copies it", read_file("to") == text);
    equal("at the end", sendfile(to.get(), from.get(), nullptr, 1 << 24), 0);
    off_t offset = 100000;
    Pipe pipe;
    equal("into a pipe, from an offset", sendfile(pipe.writer.get(), from.get(), &offset, 10), 3);
    equal("which is moved", offset, 100003);
    same_text("the bytes", read_up_to(pipe.reader.get(), 3), "end");
    equal("the position is not", lseek(from.get(), 0, SEEK_CUR), 100003);
    write(pipe.writer.get(), "x", 1);
    fails("from a pipe", sendfile(to.get(), pipe.reader.get(), nullptr, 1), EINVAL);
    fails("to a file open for reading", sendfile(from.get(), from.get(), nullptr, 1), EBADF);
}

constexpr Case kCases[] = {
    {"open", open_flags}, {"positions", positions},     {"truncate", lengths},
    {"vectors", vectors}, {"great-files", great_files}, {"sendfile", sends},
};

}  // namespace

Group file_cases() { return kCases; }

}  // namespace systest
