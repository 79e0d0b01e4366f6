// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: directories and names: mkdir, rmdir, rename, link, symlink, unlink, chdir, getdents64.
/// @chapter testing
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

std::vector<std::string> names_in(char const* path) {
    std::vector<std::string> names;
    DIR* const directory = opendir(path);
    if (directory == nullptr) return names;
    while (dirent const* entry = readdir(directory)) names.emplace_back(entry->d_name);
    closedir(directory);
    std::sort(names.begin(), names.end());
    return names;
}

std::string listing(char const* path) {
    std::string text;
    for (auto const& name : names_in(path)) text += (text.empty() ? "" : " ") + name;
    return text;
}

bool exists(char const* path) {
    struct stat status {};
    return lstat(path, &status) == 0;
}

void making() {
    succeeds("mkdir", mkdir("a", 0755));
    fails("twice", mkdir("a", 0755), EEXIST);
    fails("under nothing", mkdir("missing/b", 0755), ENOENT);
    succeeds("under another", mkdir("a/b", 0755));
    succeeds("with a slash at the end", mkdir("a/c/", 0755));
    same_text("what is in it", listing("a"), ". .. b c");
    same_text("an empty one", listing("a/b"), ". ..");
    fails("rmdir of one with something in it", rmdir("a"), ENOTEMPTY);
    succeeds("rmdir of an empty one", rmdir("a/b"));
    fails("twice", rmdir("a/b"), ENOENT);
    fails("rmdir of .", rmdir("."), EINVAL);
    write_file("file", "");
    fails("rmdir of a file", rmdir("file"), ENOTDIR);
    fails("unlink of a directory", unlink("a"), EISDIR);
    succeeds("unlinkat with AT_REMOVEDIR", unlinkat(AT_FDCWD, "a/c", AT_REMOVEDIR));
    same_text("nothing is left", listing("a"), ". ..");
    struct stat status {};
    stat("a", &status);
    equal("a directory has two names", status.st_nlink >= 1 ? 1 : 0, 1);
}

void reading() {
    mkdir("many", 0755);
    for (int i = 0; i < 500; ++i) write_file(("many/file-" + std::to_string(i)).c_str(), "");
    auto const names = names_in("many");
    equal("500 files, . and ..", names.size(), 502);
    check("no name twice", std::adjacent_find(names.begin(), names.end()) == names.end());
    DIR* const directory = opendir("many");
    size_t count = 0;
    while (readdir(directory) != nullptr) ++count;
    rewinddir(directory);
    size_t again = 0;
    while (readdir(directory) != nullptr) ++again;
    check("the same after rewinddir", count == 502 && again == 502);
    closedir(directory);
    int removed = 0;
    DIR* const emptied = opendir("many");
    while (dirent const* entry = readdir(emptied))
        if (entry->d_type == DT_REG) removed += unlinkat(dirfd(emptied), entry->d_name, 0) == 0 ? 1 : 0;
    closedir(emptied);
    equal("all can be removed while it is read", removed, 500);
    succeeds("and then the directory", rmdir("many"));
    mkdir("kinds", 0755);
    write_file("kinds/f", "");
    symlink("f", "kinds/l");
    mkdir("kinds/d", 0755);
    std::string kinds(3, '?');
    DIR* const mixed = opendir("kinds");
    while (dirent const* entry = readdir(mixed)) {
        if (entry->d_name[0] == 'd') kinds[0] = entry->d_type == DT_DIR ? 'd' : '?';
        if (entry->d_name[0] == 'f') kinds[1] = entry->d_type == DT_REG ? 'f' : '?';
        if (entry->d_name[0] == 'l') kinds[2] = entry->d_type == DT_LNK ? 'l' : '?';
    }
    closedir(mixed);
    same_text("entries say what they are", kinds, "dfl");
    Descriptor const small(open("kinds", O_RDONLY | O_DIRECTORY));
    char buffer[16];
    fails("a buffer too small for one entry", syscall(SYS_getdents64, small.get(), buffer, sizeof buffer), EINVAL);
    Descriptor const file(open("kinds/f", O_RDONLY));
    fails("getdents64 of a file", syscall(SYS_getdents64, file.get(), buffer, sizeof buffer), ENOTDIR);
}

void renaming() {
    write_file("one", "1");
    write_file("two", "2");
    succeeds("rename", rename("one", "three"));
    check("the old name is gone", !exists("one"));
    same_text("the new one has the content", read_file("three"), "1");
    Descriptor const open_file(open("two", O_RDONLY));
    succeeds("over a file that is there", rename("three", "two"));
    same_text("replaces it", read_file("two"), "1");
    same_text("who has it open still reads the old one", read_up_to(open_file.get(), 10), "2");
    succeeds("to itself", rename("two", "two"));
    mkdir("d", 0755);
    mkdir("d/e", 0755);
    mkdir("full", 0755);
    write_file("full/x", "");
    succeeds("into a directory", rename("two", "d/e/two"));
    same_text("is there", read_file("d/e/two"), "1");
    fails("a directory over a full one", rename("d", "full"), ENOTEMPTY);
    fails("a directory into itself", rename("d", "d/e/f"), EINVAL);
    fails("a file over a directory", rename("full/x", "d"), EISDIR);
    fails("a directory over a file", rename("d", "full/x"), ENOTDIR);
    fails("nothing", rename("missing", "x"), ENOENT);
    succeeds("a directory to another name", rename("d", "g"));
    same_text("with what is in it", read_file("g/e/two"), "1");
    succeeds("a directory to another parent", rename("g/e", "full/e"));
    same_text("its .. is the new one", listing("full/e/.."), ". .. e x");
}

void linking() {
    write_file("file", "linked");
    succeeds("link", link("file", "second"));
    struct stat status {};
    stat("second", &status);
    equal("two names", status.st_nlink, 2);
    fails("over a name that is there", link("file", "second"), EEXIST);
    mkdir("d", 0755);
    fails("of a directory", link("d", "d2"), EPERM);
    unlink("file");
    same_text("the second name keeps the file", read_file("second"), "linked");
    stat("second", &status);
    equal("which has one name", status.st_nlink, 1);
    Descriptor const file(open("second", O_RDONLY));
    unlink("second");
    check("without a name it cannot be found", !exists("second"));
    same_text("but read by who has it open", read_up_to(file.get(), 10), "linked");
    fstat(file.get(), &status);
    equal("it has no name", status.st_nlink, 0);
    fails("unlink of nothing", unlink("missing"), ENOENT);
}

void symbolic_links() {
    write_file("file", "target");
    mkdir("d", 0755);
    succeeds("symlink", symlink("../file", "d/link"));
    same_text("is followed from where it lies", read_file("d/link"), "target");
    char text[64] = {};
    equal("readlink", readlink("d/link", text, sizeof text), 7);
    same_text("gives its text", text, "../file");
    equal("cut to the buffer", readlink("d/link", text, 3), 3);
    fails("readlink of a file", readlink("file", text, sizeof text), EINVAL);
    fails("over a name that is there", symlink("x", "d/link"), EEXIST);
    succeeds("to nothing", symlink("missing", "broken"));
    fails("cannot be opened", open("broken", O_RDONLY), ENOENT);
    check("O_CREAT makes what it names",
          Descriptor(open("broken", O_WRONLY | O_CREAT, 0644)).open() && exists("missing"));
    succeeds("unlink removes the link", unlink("d/link"));
    check("and not the file", exists("file") && !exists("d/link"));
    symlink("d", "to-d");
    write_file("to-d/inside", "through");
    same_text("a link to a directory", read_file("d/inside"), "through");
    fails("rmdir of it", rmdir("to-d"), ENOTDIR);
}

void working_directory() {
    char start[4096];
    check("getcwd is absolute", getcwd(start, sizeof start) == start && start[0] == '/');
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    succeeds("chdir", chdir("a/b"));
    char now[4096];
    same_text("getcwd follows", getcwd(now, sizeof now) == now ? now : "", std::string(start) + "/a/b");
    check("a buffer too small is ERANGE", getcwd(now, 3) == nullptr && errno == ERANGE);
    succeeds("chdir to ..", chdir(".."));
    same_text("is the parent", getcwd(now, sizeof now), std::string(start) + "/a");
    fails("chdir to nothing", chdir("missing"), ENOENT);
    write_file("file", "");
    fails("chdir to a file", chdir("file"), ENOTDIR);
    Descriptor const home(open("..", O_RDONLY | O_DIRECTORY));
    equal("a child's chdir", exit_code_of([] { return chdir("b") == 0 ? 1 : 2; }), 1);
    same_text("does not move its parent", getcwd(now, sizeof now), std::string(start) + "/a");
    succeeds("fchdir", fchdir(home.get()));
    same_text("goes there", getcwd(now, sizeof now), start);
    chdir("a/b");
    rmdir("../b");
    check("in a directory that was removed, getcwd is ENOENT", getcwd(now, sizeof now) == nullptr && errno == ENOENT);
    fails("nothing can be made there", open("x", O_WRONLY | O_CREAT, 0644), ENOENT);
    succeeds("chdir(\"/\")", chdir("/"));
    same_text("is the root", getcwd(now, sizeof now), "/");
    succeeds("its .. is itself", chdir(".."));
    same_text("the root", getcwd(now, sizeof now), "/");
}

/// A name of its own for each level would be too long for one path: what the kernel remembers of the way must not be a stack.
void deep_tree() {
    constexpr int kDepth = 3000;
    int down = 0;
    while (down < kDepth && mkdir("d", 0755) == 0 && chdir("d") == 0) ++down;
    equal("as deep as wanted", down, kDepth);
    int up = 0;
    while (up < down && chdir("..") == 0 && rmdir("d") == 0) ++up;
    equal("and back", up, down);
}

constexpr Case kCases[] = {
    {"mkdir", making},           {"getdents", reading},        {"rename", renaming}, {"link", linking},
    {"symlink", symbolic_links}, {"chdir", working_directory}, {"deep", deep_tree},
};

}  // namespace

Group directory_cases() { return kCases; }

}  // namespace systest
