// SPDX-License-Identifier: MIT
/// @file
/// @brief A root file system in this process.
/// @chapter testing
#include "host_files.h"

#include "fs/tmpfs.h"
#include "host_kernel.h"
#include "sched/thread.h"

namespace host_files {

Place new_root() {
    static const bool once = (host_kernel::reset_memory(256 * kMiB), true);
    static_cast<void>(once);
    auto tree = Tmpfs::create();
    EXPECT_TRUE(tree.ok());
    auto root = mounts::mount_root({*tree, "rootfs", "rw"});
    EXPECT_TRUE(root.ok());
    return *root;
}

KernelBuffer buffer_of(std::string_view text) {
    return KernelBuffer({reinterpret_cast<std::byte*>(const_cast<char*>(text.data())), text.size()});
}

std::string contents(Inode& inode) {
    std::string text(inode.size(), '?');
    auto got = read_kernel(inode, 0, std::as_writable_bytes(std::span(text)));
    EXPECT_TRUE(got.ok());
    EXPECT_EQ(got.value(), text.size());
    return text;
}

std::vector<std::string> names(Inode& directory) {
    struct Collector final : DirectoryVisitor {
        Next visit(const Entry& entry) override {
            found.emplace_back(entry.name);
            return Next::Continue;
        }
        std::vector<std::string> found;
    } collector;
    EXPECT_TRUE(directory.read_entries(0, collector).ok());
    return collector.found;
}

static Ref<Inode> make(const Place& root, std::string_view path, const NewNode& node) {
    auto last = walk_to_parent({root, root}, path);
    EXPECT_TRUE(last.ok()) << path;
    auto inode = last->directory.inode->create(last->name.view(), node);
    EXPECT_TRUE(inode.ok()) << path;
    return *inode;
}

Ref<Inode> make_file(const Place& root, std::string_view path, std::string_view text) {
    Ref<Inode> inode = make(root, path, {.type = FileType::Regular, .permissions = 0644});
    KernelBuffer buffer = buffer_of(text);
    EXPECT_TRUE(inode->write_at(0, buffer).ok());
    return inode;
}

Ref<Inode> make_directory(const Place& root, std::string_view path) {
    return make(root, path, {.type = FileType::Directory, .permissions = 0755});
}

void make_link(const Place& root, std::string_view path, std::string_view target) {
    make(root, path, {.type = FileType::Symlink, .target = target});
}

}  // namespace host_files

// One thread alone: whoever would sleep would sleep for ever.
Wake Thread::park(Sleep, Instant) { PANIC("a sleep in a test of one thread"); }
