// SPDX-License-Identifier: MIT
/// @file
/// @brief /proc: its root, the files that layers have added, and how their text is read.
/// @chapter proc-files
#include <algorithm>

#include "fs/procfs_nodes.h"

Result<Ref<File>> ProcText::open(const OpenRequest& request) {
    if (request.flags & open_flag::kPath) return Inode::open(request);
    Ref<ProcTextFile> file = TRY(make_ref<ProcTextFile>(request));
    TRY(file->keep_name(request));
    return Ref<File>(file);
}

Result<u64> ProcTextFile::read_at(u64 offset, IoBuffer& buffer) {
    MutexGuard guard(lock_);
    if (!printed_ || offset == 0) {
        text_.clear();
        TRY(node().print(text_));
        if (text_.failed()) return Error{ENOMEM};
        printed_ = true;
    }
    const std::string_view text = text_.view();
    if (offset >= text.size()) return 0;
    const std::string_view part = text.substr(offset, buffer.size());
    TRY(buffer.put(std::as_bytes(std::span(part))));
    return part.size();
}

Result<u64> ProcTextFile::write_at(u64, IoBuffer& buffer) {
    const u64 bytes = std::min(buffer.size(), kPageBytes);
    const FrameRef page = TRY(FrameRef::allocate(Fill::Nothing));
    TRY(buffer.take({page.data(), bytes}));
    TRY(node().store({reinterpret_cast<const char*>(page.data()), bytes}));
    return bytes;
}

namespace {

constexpr usize kMaxTables = 16;
/// What layers have added. Filled while booting, read afterwards.
constinit std::span<const ProcFile> tables[kMaxTables];
constinit usize table_count = 0;
constinit ProcessDirectory* process_layer = nullptr;

/// Inode numbers: the root, the links in it, files by their place, directories of files, and processes above all these.
constexpr u64 kRootNumber = 1, kSelfNumber = 2, kThreadSelfNumber = 3, kFileNumbers = 100, kFolderNumbers = 50;

/// A file that a layer added.
class SystemText final : public ProcText {
   public:
    SystemText(Filesystem& procfs, const ProcFile& file, u64 number)
        : ProcText(procfs, file.write ? 0644 : 0444, number), file_(file) {}
    Result<void> print(Sink& sink) override { return file_.print(sink); }
    Result<void> store(std::string_view text) override {
        return file_.write ? file_.write(text) : Result<void>(Error{EACCES});
    }

   private:
    const ProcFile& file_;
};

/// "self" and "thread-self".
class SelfLink final : public ProcLink {
   public:
    SelfLink(Filesystem& procfs, u64 number) : ProcLink(procfs, number) {}
    Result<LinkTarget> read_link() override {
        if (!process_layer) return Error{ENOENT};
        LinkTarget target;
        target.text = procfs::text_of(process_layer->current_pid());
        if (number() == kSelfNumber) return target;
        TRY(target.text.append("/task/"));
        TRY(target.text.append(procfs::text_of(process_layer->current_tid()).view()));
        return target;
    }
};

/// The folder in front of the slash of a file's name, or nothing; and what is behind it.
std::string_view folder_of(const ProcFile& file) {
    const std::string_view name = file.name;
    const usize slash = name.find('/');
    return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}
std::string_view last_name_of(const ProcFile& file) {
    const std::string_view name = file.name;
    return name.substr(name.find('/') + 1);
}

/// Calls `visit(file, number)` for every file in `folder` until it answers false.
template <class Visit>
void each_file(std::string_view folder, Visit&& visit) {
    u64 number = kFileNumbers;
    for (usize table = 0; table < table_count; ++table) {
        for (const ProcFile& file : tables[table]) {
            ++number;
            if (folder_of(file) == folder && !visit(file, number)) return;
        }
    }
}

/// A folder's number, from the first file in it; 0: there is no such folder.
u64 folder_number(std::string_view folder) {
    u64 found = 0;
    each_file(folder, [&](const ProcFile&, u64 number) {
        found = number;
        return false;
    });
    return found ? (found - kFileNumbers) * kFolderNumbers + (1ULL << 40) : 0;
}

Result<Ref<Inode>> find_file(Inode& directory, std::string_view folder, std::string_view name) {
    const ProcFile* found = nullptr;
    u64 found_number = 0;
    each_file(folder, [&](const ProcFile& file, u64 number) {
        if (last_name_of(file) != name) return true;
        found = &file;
        found_number = number;
        return false;
    });
    if (!found) return Error{ENOENT};
    const Ref<SystemText> text = TRY(make_ref<SystemText>(directory.filesystem(), *found, found_number));
    return Ref<Inode>(text);
}

/// A directory of files: "twain".
class Folder final : public ProcDirectory {
   public:
    using ProcDirectory::ProcDirectory;
    Result<Ref<Inode>> lookup(std::string_view name) override {
        const String folder = TRY(own_name());
        return find_file(*this, folder.view(), name);
    }
    Result<void> read_entries(u64 cookie, DirectoryVisitor& visitor) override {
        const String folder = TRY(own_name());
        procfs::Visits visits(cookie, visitor);
        each_file(folder.view(), [&](const ProcFile& file, u64 number) {
            return visits.visit(last_name_of(file), number, FileType::Regular, number);
        });
        return {};
    }
};

/// /proc itself. Cookies: files and folders by their numbers, then processes.
class Root final : public ProcDirectory {
   public:
    explicit Root(Filesystem& procfs) : ProcDirectory(procfs, Ref<Inode>(), kRootNumber) {}
    Result<Ref<Inode>> lookup(std::string_view name) override;
    Result<void> read_entries(u64 cookie, DirectoryVisitor& visitor) override;

   private:
    static constexpr u64 kSelfCookie = 50, kThreadSelfCookie = 51, kProcessCookies = 1ULL << 32;
};

Result<Ref<Inode>> Root::lookup(std::string_view name) {
    if (name == "self" || name == "thread-self") {
        const Ref<SelfLink> link =
            TRY(make_ref<SelfLink>(filesystem(), name == "self" ? kSelfNumber : kThreadSelfNumber));
        return Ref<Inode>(link);
    }
    if (const u32 pid = procfs::number_of(name))
        return procfs::process_directory(*this, pid, procfs::Whose::Process, name);
    if (const u64 number = folder_number(name)) {
        const Ref<Folder> folder = TRY(make_ref<Folder>(filesystem(), Ref<Inode>(this), number));
        TRY(folder->set_name(name));
        return Ref<Inode>(folder);
    }
    return find_file(*this, {}, name);
}

Result<void> Root::read_entries(u64 cookie, DirectoryVisitor& visitor) {
    procfs::Visits visits(cookie, visitor);
    if (!visits.visit("self", kSelfNumber, FileType::Symlink, kSelfCookie)) return {};
    if (!visits.visit("thread-self", kThreadSelfNumber, FileType::Symlink, kThreadSelfCookie)) return {};
    bool goes_on = true;
    u64 number = kFileNumbers;
    std::string_view last_folder;  // the files of a folder follow each other
    for (usize table = 0; table < table_count; ++table) {
        for (const ProcFile& file : tables[table]) {
            ++number;
            const std::string_view folder = folder_of(file);
            if (!goes_on || (!folder.empty() && folder == last_folder)) continue;
            last_folder = folder;
            const bool is_first =
                folder.empty() || folder_number(folder) == (number - kFileNumbers) * kFolderNumbers + (1ULL << 40);
            if (!is_first) continue;
            goes_on = folder.empty() ? visits.visit(file.name, number, FileType::Regular, number)
                                     : visits.visit(folder, folder_number(folder), FileType::Directory, number);
        }
    }
    const u64 after = cookie > kProcessCookies ? cookie - kProcessCookies : 0;
    u32 pid = process_layer ? process_layer->next_pid(static_cast<u32>(after)) : 0;
    for (; goes_on && pid != 0; pid = process_layer->next_pid(pid)) {
        goes_on = visits.visit(procfs::text_of(pid).view(), u64{pid} << 16, FileType::Directory, kProcessCookies + pid);
    }
    return {};
}

}  // namespace

/// The file system, with one reference for ever, once it was made.
class Procfs final : public Filesystem {
   public:
    const char* type_name() const override { return "proc"; }
    FilesystemStatus status() override {
        return {.magic = 0x9fa0, .blocks = 0, .free_blocks = 0, .files = 0, .free_files = 0};
    }
};

namespace procfs {

void add_files(std::span<const ProcFile> files) {
    CHECK(table_count < kMaxTables);
    tables[table_count++] = files;
}

void set_processes(ProcessDirectory& layer) { process_layer = &layer; }
ProcessDirectory* processes() { return process_layer; }

Result<Ref<Inode>> tree() {
    static constinit std::atomic<Inode*> shared{nullptr};
    Inode* there = shared.load(std::memory_order_acquire);
    if (there) return Ref<Inode>(there);
    const Ref<Procfs> procfs = TRY(make_ref<Procfs>());
    const Ref<Root> root = TRY(make_ref<Root>(*procfs));
    if (!shared.compare_exchange_strong(there, root.get())) return Ref<Inode>(there);
    root->take_reference();
    return Ref<Inode>(root);
}

String text_of(u64 number) {
    char digits[24];
    BufferSink sink(digits);
    put(sink, number);
    Result<String> text = String::from(sink.view());
    return text.ok() ? std::move(text).value() : String();
}

u32 number_of(std::string_view text) {
    if (text.empty() || text.size() > 9 || text.front() == '0') return 0;
    u32 number = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return 0;
        number = number * 10 + static_cast<u32>(c - '0');
    }
    return number;
}

bool Visits::visit(std::string_view name, u64 number, FileType type, u64 cookie) {
    if (stopped_) return false;
    if (cookie <= from_) return true;
    stopped_ = visitor_.visit({name, number, type, cookie}) == DirectoryVisitor::Next::Stop;
    return !stopped_;
}

}  // namespace procfs
