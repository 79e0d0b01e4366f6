// SPDX-License-Identifier: MIT
/// @file
/// @brief The kinds of inode that /proc is made of. They are made when they are looked up and die when nobody uses them.
/// @chapter proc-files
#pragma once

#include "fs/file.h"
#include "fs/procfs.h"

/// Text that grows on the heap.
class StringSink final : public Sink {
   public:
    void write(std::string_view text) override {
        if (!text_.append(text).ok()) failed_ = true;
    }
    bool failed() const { return failed_; }
    std::string_view view() const { return text_.view(); }
    void clear() { text_.clear(); }

   private:
    String text_;
    bool failed_ = false;
};

/// A directory. It knows where it is and what it is called; its kind knows what is in it.
class ProcDirectory : public Inode {
   public:
    ProcDirectory(Filesystem& procfs, Ref<Inode> parent, u64 number)
        : Inode(procfs, FileType::Directory, 0555, number), parent_(std::move(parent)) {}
    Result<void> set_name(std::string_view name) { return name_.append(name); }
    Ref<Inode> parent() override { return parent_ ? parent_ : Ref<Inode>(this); }
    Result<String> own_name() override { return String::from(name_.view()); }

   private:
    Ref<Inode> parent_;
    String name_;
};

/// A file whose contents are printed.
class ProcText : public Inode {
   public:
    ProcText(Filesystem& procfs, u32 permissions, u64 number) : Inode(procfs, FileType::Regular, permissions, number) {}
    Result<Ref<File>> open(const OpenRequest& request) override;
    Result<void> truncate(u64) override { return {}; }
    virtual Result<void> print(Sink& sink) = 0;
    virtual Result<void> store(std::string_view) { return Error{EACCES}; }
};

/// An open file of /proc, with the text that it had when it was read from the start.
class ProcTextFile final : public File {
   public:
    using File::File;
    bool is_seekable() const override { return true; }
    Result<u64> read_at(u64 offset, IoBuffer& buffer) override;
    Result<u64> write_at(u64 offset, IoBuffer& buffer) override;
    Result<void> truncate(u64) override { return {}; }

   private:
    ProcText& node() const { return static_cast<ProcText&>(inode()); }
    Mutex lock_{LockRank::ProcText};
    StringSink text_;  ///< guarded by lock_
    bool printed_ = false;
};

/// A symbolic link whose target is asked for each time.
class ProcLink : public Inode {
   public:
    ProcLink(Filesystem& procfs, u64 number) : Inode(procfs, FileType::Symlink, 0777, number) {}
    u64 size() override { return 64; }
};

namespace procfs {

/// The process layer; null before it was set.
ProcessDirectory* processes();
/// Whose directory it is: that of a process has the directories of its threads in it, and those have no further ones, so that
/// no path below /proc is longer than a tree of files should be.
enum class Whose { Process, Thread };
/// A process's or a thread's directory below `parent`, as `name`. ENOENT: no such process.
Result<Ref<Inode>> process_directory(Inode& parent, u32 pid, Whose whose, std::string_view name);
/// A number as text, and back: 0 for what is no number that a process can have.
String text_of(u64 number);
u32 number_of(std::string_view text);
/// Calls `visitor` for one entry, and remembers whether it wanted no more.
class Visits {
   public:
    Visits(u64 from, DirectoryVisitor& visitor) : from_(from), visitor_(visitor) {}
    /// False when reading has to end.
    bool visit(std::string_view name, u64 number, FileType type, u64 cookie);

   private:
    u64 from_;
    DirectoryVisitor& visitor_;
    bool stopped_ = false;
};

}  // namespace procfs
