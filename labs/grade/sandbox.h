// SPDX-License-Identifier: MIT
/// @file
/// @brief Where a stranger's text is compiled and a stranger's kernel runs: another user, no network, little to see, and limits.
/// @chapter testing
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lib/types.h"

namespace grading {

/// What a program in the sandbox, and each that it starts, may use.
struct Limits {
    u64 memory_mib;  ///< address space of one process
    u64 seconds;     ///< processor time of one process; TWAIN_TIME_SCALE stretches it
    u64 file_mib;    ///< the largest file
    u64 disk_mib;    ///< all files together
    u64 processes;
};

/// A file of the kernel's compiles in two seconds and 300 MiB.
inline constexpr Limits kCompilerLimits{
    .memory_mib = 1024, .seconds = 30, .file_mib = 64, .disk_mib = 256, .processes = 64};
/// QEMU reserves a GiB for translated code, whatever it uses of it.
inline constexpr Limits kEmulatorLimits{
    .memory_mib = 4096, .seconds = 1200, .file_mib = 64, .disk_mib = 64, .processes = 64};

/// A file or folder of this computer's that is there in the sandbox as well, under the same path.
struct Shared {
    enum class As { Readable, Writable };
    std::filesystem::path path;
    As as = As::Readable;
};

/// Makes command lines. With bubblewrap a program has namespaces of its own: it sees /usr, a /tmp of its own and what is shared,
/// and no other process. Where the grader is root's, the program is a user's that nobody else is; otherwise it is the grader's,
/// which can do nothing with what it does not see.
class Sandbox {
   public:
    enum class Kind {
        Bubblewrap,
        None
    };  ///< None keeps the limits only: for one's own tree, and where a container is around
    enum class Network { None, Shared };

    explicit Sandbox(Kind kind) : kind_(kind) {}

    /// Whether programs see only what is shared.
    bool is_closed() const { return kind_ == Kind::Bubblewrap; }
    /// @throws machine::Error saying why programs cannot be kept apart on this computer, and what to do
    void expect_works() const;

    /// What starts a program: `program` and its arguments are to be added.
    std::vector<std::string> prefix(const Limits& limits, const std::vector<Shared>& shared,
                                    Network network = Network::None) const;
    /// Gives a folder, and all in it, to the user whom the programs run as.
    void hand_over(const std::filesystem::path& folder) const;

    /// Of everything that this process grades. Bubblewrap, unless `use` said otherwise at the start.
    static const Sandbox& of_this_run();
    static void use(Kind kind);

   private:
    /// 0: the grader's own.
    uid_t user() const;
    std::vector<std::string> bubblewrap(const Limits& limits, const std::vector<Shared>& shared, Network network) const;
    Kind kind_;
};

}  // namespace grading
