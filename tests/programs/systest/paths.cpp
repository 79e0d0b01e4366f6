// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: how a path is walked, and the errors of a bad one.
/// @chapter testing
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

long status_of(std::string const& path) {
    struct stat status {};
    return stat(path.c_str(), &status);
}

void walking() {
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    write_file("a/b/file", "found");
    char const* const same[] = {"a/b/file",      "./a/./b/file",  "a//b///file",
                                "a/b/../b/file", "a/../a/b/file", "a/b/../../a/b/file"};
    int wrong = 0;
    for (char const* path : same) wrong += read_file(path) != "found" ? 1 : 0;
    equal("six ways to write one path", wrong, 0);
    char cwd[4096];
    same_text("an absolute one", read_file((std::string(getcwd(cwd, sizeof cwd)) + "/a/b/file").c_str()), "found");
    succeeds("a slash after a directory", status_of("a/b/"));
    fails("a slash after a file", status_of("a/b/file/"), ENOTDIR);
    fails("an empty path", status_of(""), ENOENT);
    succeeds("the root's parent is the root", status_of("/../../.."));
    fails("a file as a directory", status_of("a/b/file/x"), ENOTDIR);
    fails("a file's parent", status_of("a/b/file/.."), ENOTDIR);
    fails("nothing as a directory", status_of("a/missing/x"), ENOENT);
    fails("nothing's parent", status_of("a/missing/.."), ENOENT);
    fails("making a file with a slash", open("a/new/", O_WRONLY | O_CREAT, 0644), EISDIR);
}

void lengths() {
    std::string const longest(255, 'n');
    check("a name of 255 bytes", write_file(longest.c_str(), "long"));
    same_text("is found", read_file(longest.c_str()), "long");
    fails("a name of 256 bytes", status_of(longest + "n"), ENAMETOOLONG);
    fails("as a directory too", status_of(longest + "n/x"), ENAMETOOLONG);
    std::string path;
    while (path.size() < 4094) path += "./";
    succeeds("a path of 4095 bytes", status_of(path + "."));
    fails("a path of 4096 bytes", status_of(path + "./"), ENAMETOOLONG);
    fails("for mkdir too", mkdir((path + "./").c_str(), 0755), ENAMETOOLONG);
    char cwd[4096];
    getcwd(cwd, sizeof cwd);
    int made = 0;
    std::string const level(200, 'd');
    for (int i = 0; i < 30; ++i) made += mkdir(level.c_str(), 0755) == 0 && chdir(level.c_str()) == 0 ? 1 : 0;
    equal("30 directories of 200 bytes each", made, 30);
    int left = 0;
    for (int i = 0; i < 30; ++i) left += chdir("..") == 0 && rmdir(level.c_str()) == 0 ? 1 : 0;
    equal("and back again", left, 30);
}

void loops() {
    symlink("loop", "loop");
    fails("a link to itself", status_of("loop"), ELOOP);
    fails("as a directory", status_of("loop/x"), ELOOP);
    struct stat status {};
    succeeds("lstat of it", lstat("loop", &status));
    symlink("pong", "ping");
    symlink("ping", "pong");
    fails("two links to each other", open("ping", O_RDONLY), ELOOP);
    write_file("link-0", "end");
    for (int i = 1; i <= 45; ++i)
        symlink(("link-" + std::to_string(i - 1)).c_str(), ("link-" + std::to_string(i)).c_str());
    same_text("40 links in a row", read_file("link-40"), "end");
    fails("41 links in a row", status_of("link-41"), ELOOP);
    symlink(".", "here");
    succeeds("a link to .", status_of("here/here/here/link-0"));
}

void bytes_in_names() {
    std::string const name = "\xc3\xbc\x01 \n\xff'\"\\*";
    check("any byte but / and 0 may be in a name", write_file(name.c_str(), "odd"));
    same_text("and is found", read_file(name.c_str()), "odd");
    check("names differ by case", write_file("Name", "1") && write_file("name", "2") && read_file("Name") == "1");
    write_file("...", "dots");
    same_text("three dots are a name", read_file("..."), "dots");
}

constexpr Case kCases[] = {
    {"path-walk", walking},
    {"path-length", lengths},
    {"path-loops", loops},
    {"path-bytes", bytes_in_names},
};

}  // namespace

Group path_cases() { return kCases; }

}  // namespace systest
