// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: the stat family, modes, access, umask, times.
/// @chapter testing
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cerrno>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

struct stat status_of(char const* path) {
    struct stat status {};
    stat(path, &status);
    return status;
}

void stat_family() {
    write_file("text", "0123456789");
    struct stat status = status_of("text");
    check("a file is a regular file", S_ISREG(status.st_mode));
    equal("its size", status.st_size, 10);
    equal("one name", status.st_nlink, 1);
    equal("our user", status.st_uid, geteuid());
    check("a block size and a number", status.st_blksize >= 512 && status.st_ino != 0);
    struct stat same {};
    Descriptor const file(open("text", O_RDONLY));
    succeeds("fstat", fstat(file.get(), &same));
    check("says the same", same.st_ino == status.st_ino && same.st_dev == status.st_dev && same.st_size == 10);
    symlink("text", "link");
    succeeds("lstat", lstat("link", &same));
    check("of a symbolic link is the link", S_ISLNK(same.st_mode) && same.st_size == 4);
    succeeds("stat of it", stat("link", &same));
    equal("is the file", same.st_ino, status.st_ino);
    check("a directory is a directory", S_ISDIR(status_of(".").st_mode));
    check("with at least two names", status_of(".").st_nlink >= 2);
    status = status_of("/dev/null");
    check("/dev/null is a character device", S_ISCHR(status.st_mode));
    check("number 1, 3", major(status.st_rdev) == 1 && minor(status.st_rdev) == 3);
    status = status_of("/dev/zero");
    check("/dev/zero is 1, 5", S_ISCHR(status.st_mode) && major(status.st_rdev) == 1 && minor(status.st_rdev) == 5);
    fails("stat of nothing", stat("missing", &same), ENOENT);
    fails("fstat of what is not open", fstat(400, &same), EBADF);
    succeeds("fstatat with AT_EMPTY_PATH", fstatat(file.get(), "", &same, AT_EMPTY_PATH));
    fails("and without", fstatat(file.get(), "", &same, 0), ENOENT);
    write_file("other", "");
    check("two files have two numbers", status_of("other").st_ino != status_of("text").st_ino);
}

void modes() {
    umask(022);
    Descriptor(open("file", O_WRONLY | O_CREAT, 0666)).close();
    equal("umask takes bits away from a file", status_of("file").st_mode & 07777u, 0644);
    mkdir("directory", 0777);
    equal("and from a directory", status_of("directory").st_mode & 07777u, 0755);
    equal("umask gives the old value", umask(077), 022);
    Descriptor const secret(open("secret", O_RDWR | O_CREAT, 0666));
    equal("another mask", status_of("secret").st_mode & 07777u, 0600);
    succeeds("chmod", chmod("file", 0751));
    equal("sets the mode, whatever the mask", status_of("file").st_mode & 07777u, 0751);
    succeeds("fchmod", fchmod(secret.get(), 0100640));
    equal("with the file's type among the bits", status_of("secret").st_mode & 07777u, 0640);
    check("the type does not change", S_ISREG(status_of("secret").st_mode));
    succeeds("fchmodat", fchmodat(AT_FDCWD, "file", 04755, 0));
    equal("with set-user-id", status_of("file").st_mode & 07777u, 04755);
    fails("chmod of nothing", chmod("missing", 0644), ENOENT);
    succeeds("chown to ourselves", chown("file", geteuid(), getegid()));
    succeeds("fchown too", fchown(secret.get(), geteuid(), getegid()));
    equal("a mode of 0", chmod("file", 0) + static_cast<int>(status_of("file").st_mode & 0777u), 0);
}

void accesses() {
    write_file("file", "");
    succeeds("F_OK", access("file", F_OK));
    succeeds("R_OK and W_OK", access("file", R_OK | W_OK));
    fails("X_OK without any x", access("file", X_OK), EACCES);
    chmod("file", 0755);
    succeeds("X_OK with x", access("file", X_OK));
    succeeds("a directory can be searched", access(".", X_OK));
    fails("nothing", access("missing", F_OK), ENOENT);
    fails("a mode that nobody knows", access("file", 0100), EINVAL);
    succeeds("faccessat", faccessat(AT_FDCWD, "file", R_OK, 0));
}

void times() {
    write_file("file", "");
    timespec const given[2] = {{1000000000, 123456789}, {1234567890, 987654321}};
    succeeds("utimensat", utimensat(AT_FDCWD, "file", given, 0));
    struct stat status = status_of("file");
    check("sets the time of access", status.st_atim.tv_sec == 1000000000 && status.st_atim.tv_nsec == 123456789);
    check("and of change", status.st_mtim.tv_sec == 1234567890 && status.st_mtim.tv_nsec == 987654321);
    timespec const part[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
    succeeds("with UTIME_OMIT and UTIME_NOW", utimensat(AT_FDCWD, "file", part, 0));
    status = status_of("file");
    check("leaves the one", status.st_atim.tv_sec == 1000000000);
    check("and sets the other to now", status.st_mtim.tv_sec > 1234567890);
    utimensat(AT_FDCWD, "file", given, 0);
    Descriptor const file(open("file", O_WRONLY));
    write(file.get(), "x", 1);
    check("a write sets the time of change", status_of("file").st_mtim.tv_sec > 1234567890);
    succeeds("futimens", futimens(file.get(), given));
    equal("sets it back", status_of("file").st_mtim.tv_sec, 1234567890);
    timespec const excessive[2] = {{0, 1999999999}, {0, 0}};
    fails("nanoseconds above a second", utimensat(AT_FDCWD, "file", excessive, 0), EINVAL);
    fails("times of nothing", utimensat(AT_FDCWD, "missing", nullptr, 0), ENOENT);
    symlink("missing", "link");
    succeeds("of a symbolic link itself", utimensat(AT_FDCWD, "link", given, AT_SYMLINK_NOFOLLOW));
}

void file_systems() {
    struct statfs status {};
    succeeds("statfs", statfs(".", &status));
    check("gives a block size and a name length", status.f_bsize >= 512 && status.f_namelen >= 255);
    succeeds("of /proc", statfs("/proc", &status));
    equal("which has its number", status.f_type, 0x9fa0);
    fails("of nothing", statfs("missing", &status), ENOENT);
}

constexpr Case kCases[] = {
    {"stat", stat_family}, {"modes", modes}, {"access", accesses}, {"times", times}, {"statfs", file_systems},
};

}  // namespace

Group attribute_cases() { return kCases; }

}  // namespace systest
