// SPDX-License-Identifier: MIT
/// @file
/// @brief Damaged executables: whatever their headers say, executing them harms only the process that does.
/// @chapter testing
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "deeds.h"

namespace storm {
namespace {

constexpr char kPath[] = "/tmp/storm-damaged";
constexpr size_t kHeaders =
    64 + 56 * 12;  // what of an ELF file is worth damaging: its header and a dozen program headers

std::string own_image() {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A few bytes of the headers are changed, mostly behind the magic number; now and then the file is cut.
std::string damaged(std::string image, std::mt19937& random) {
    for (auto changes = 1 + random() % 6; changes > 0; --changes) {
        size_t const place = 4 + random() % (kHeaders - 4);
        image[place] = random() % 3 == 0 ? '\xff' : static_cast<char>(random());
    }
    if (random() % 5 == 0) image.resize(random() % image.size());
    return image;
}

bool write_program(std::string const& image) {
    unlink(kPath);
    int const file = open(kPath, O_WRONLY | O_CREAT | O_EXCL, 0755);
    if (file < 0) return false;
    bool const whole = write(file, image.data(), image.size()) == static_cast<ssize_t>(image.size());
    close(file);
    return whole;
}

[[noreturn]] void execute_quietly() {
    int const nothing = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) dup2(nothing, fd);
    alarm(5);
    execl(kPath, "storm", "--nothing", nullptr);
    _exit(1);
}

}  // namespace

int execute_damaged_programs(unsigned seed, int count) {
    std::mt19937 random(seed);
    std::string const image = own_image();
    for (int i = 0; i < count; ++i) {
        if (!write_program(damaged(image, random))) return 1;
        pid_t const child = fork();
        if (child == 0) execute_quietly();
        if (waitpid(child, nullptr, 0) != child) return 2;
    }
    unlink(kPath);
    return 0;
}

}  // namespace storm
