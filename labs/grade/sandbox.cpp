// SPDX-License-Identifier: MIT
/// @file
/// @brief Command lines for bubblewrap, setpriv and prlimit.
/// @chapter testing
#include "labs/grade/sandbox.h"

#include <fcntl.h>
#include <unistd.h>

#include "debugger-ui/rsp/error.h"
#include "labs/lab.h"
#include "tests/machine/child.h"

namespace grading {
namespace {

using machine::Error;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// Numbers that Linux distributions keep for users who exist only while a program runs, systemd's "dynamic service users".
constexpr uid_t kFirstUser = 61184, kUsers = 65519 - 61184 + 1;

constexpr u64 kMiB = 1 << 20;

Sandbox& the_sandbox() {
    static Sandbox sandbox(Sandbox::Kind::Bubblewrap);
    return sandbox;
}

void append(Words& list, const Words& more) { list.insert(list.end(), more.begin(), more.end()); }

/// The folders above a path, each readable: bubblewrap would make them for the path's own user alone.
void append_parents(Words& words, const fs::path& path) {
    fs::path parent;
    for (const fs::path& name : path.parent_path()) {
        parent /= name;
        if (parent != "/") append(words, {"--perms", "0755", "--dir", parent.string()});
    }
}

Words limited(const Limits& limits) {
    // The first limit ends a program with a signal of its own, the second one that has caught it.
    const auto seconds = static_cast<u64>(static_cast<double>(limits.seconds) * machine::time_scale());
    return {"prlimit", "--core=0", "--as=" + std::to_string(limits.memory_mib * kMiB),
            "--cpu=" + std::to_string(seconds) + ":" + std::to_string(seconds + 5),
            "--fsize=" + std::to_string(limits.file_mib * kMiB)};
}

}  // namespace

const Sandbox& Sandbox::of_this_run() { return the_sandbox(); }
void Sandbox::use(Kind kind) { the_sandbox() = Sandbox(kind); }

uid_t Sandbox::user() const {
    if (kind_ == Kind::None || ::geteuid() != 0) return 0;
    // Graders that run at the same time have different numbers, so their programs count apart.
    return kFirstUser + static_cast<uid_t>(::getpid()) % kUsers;
}

Words Sandbox::bubblewrap(const Limits& limits, const std::vector<Shared>& shared, Network network) const {
    Words words{"bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--die-with-parent"};
    if (network == Network::None) words.push_back("--unshare-net");
    if (user() == 0) append(words, {"--unshare-user", "--uid", "65534", "--gid", "65534"});
    append(words, {"--clearenv", "--setenv", "PATH", "/usr/bin:/usr/sbin", "--setenv", "LC_ALL", "C.UTF-8", "--setenv",
                   "HOME", "/tmp", "--ro-bind", "/usr", "/usr"});
    for (const char* folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64"}) {
        if (fs::is_symlink(folder)) {
            append(words, {"--symlink", fs::read_symlink(folder).string(), folder});
        } else if (fs::exists(folder)) {
            append(words, {"--ro-bind", folder, folder});
        }
    }
    // No /proc, and of /dev nothing that a compiler could wait for.
    append(
        words,
        {"--perms",           "0755",      "--dir",   "/etc",  "--ro-bind-try", "/etc/alternatives",
         "/etc/alternatives", "--perms",   "0755",    "--dir", "/dev",          "--dev-bind",
         "/dev/null",         "/dev/null", "--perms", "1777",  "--size",        std::to_string(limits.disk_mib * kMiB),
         "--tmpfs",           "/tmp"});
    for (const Shared& each : shared) {
        const fs::path path = fs::absolute(each.path).lexically_normal();
        append_parents(words, path);
        append(words, {each.as == Shared::As::Writable ? "--bind" : "--ro-bind", path.string(), path.string()});
    }
    if (user() != 0)
        append(words, {"setpriv", "--reuid=" + std::to_string(user()), "--regid=" + std::to_string(user()),
                       "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"});
    append(words, limited(limits));
    words.push_back("--nproc=" + std::to_string(limits.processes));
    return words;
}

Words Sandbox::prefix(const Limits& limits, const std::vector<Shared>& shared, Network network) const {
    return kind_ == Kind::None ? limited(limits) : bubblewrap(limits, shared, network);
}

void Sandbox::hand_over(const fs::path& folder) const {
    if (user() == 0) return;
    const auto give = [&](const fs::path& path) {
        if (::lchown(path.c_str(), user(), user()) != 0)
            throw machine::error_from_errno("cannot hand over " + path.string());
    };
    give(folder);
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) give(entry.path());
}

void Sandbox::expect_works() const {
    if (kind_ == Kind::None) return;
    const machine::TemporaryDirectory scratch;
    const fs::path said = scratch.path() / "said";
    const machine::File nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const machine::File file(::open(said.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    Words command = prefix(kCompilerLimits, {});
    command.push_back("true");
    machine::Child child =
        machine::Child::start(command, {.input = nothing.get(), .output = nothing.get(), .errors = file.get()});
    const auto status = child.wait(machine::Deadline(machine::Seconds(20)));
    if (status == 0) return;
    std::string why = read_file(said);
    why = why.substr(0, why.find('\n'));
    throw Error("no sandbox for submissions (" + (why.empty() ? "is bubblewrap installed?" : why) +
                "): let this user make namespaces, or grade in a container of its own with --no-sandbox");
}

}  // namespace grading
