// SPDX-License-Identifier: MIT
/// @file
/// @brief A file of the user, opened and measured.
/// @chapter vmm
#pragma once

#include <cstdint>
#include <string>

namespace vmm {

/// An open regular file, closed at the end.
class File {
   public:
    /// Opens `path`. `what` names its use in messages ("kernel"). Throws Failure when it cannot be read or is no file.
    File(const std::string& path, const std::string& what);
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    int descriptor() const { return descriptor_; }
    std::uint64_t size() const { return size_; }
    const std::string& path() const { return path_; }

   private:
    std::string path_;
    int descriptor_;
    std::uint64_t size_ = 0;
};

}  // namespace vmm
