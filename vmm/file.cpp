// SPDX-License-Identifier: MIT
/// @file
/// @brief A file of the user, opened and measured.
/// @chapter vmm
#include "vmm/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vmm/failure.h"

namespace vmm {

File::File(const std::string& path, const std::string& what)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw Failure("cannot open the " + what + " " + path + ": " + std::strerror(errno));
    struct stat status {};
    if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
        size_ = static_cast<std::uint64_t>(status.st_size);
        return;
    }
    ::close(descriptor_);
    throw Failure("the " + what + " " + path + " is not a regular file; name a file");
}

File::~File() { ::close(descriptor_); }

}  // namespace vmm
