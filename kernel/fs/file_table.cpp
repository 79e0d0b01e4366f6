// SPDX-License-Identifier: MIT
/// @file
/// @brief A process's descriptors.
/// @chapter files
///
/// A file that loses its descriptor is moved out and dies after the lock is let go: closing may sleep.
#include "fs/file_table.h"

Result<Ref<FileTable>> FileTable::clone() {
    Ref<FileTable> copy = TRY(make_ref<FileTable>());
    copy->set_limit(limit());
    Vec<Slot> copies;
    {
        auto slots = slots_.lock();
        TRY(copies.resize(slots->size()));
        for (usize i = 0; i < copies.size(); ++i) copies[i] = {(*slots)[i].file, (*slots)[i].on_exec};
    }
    *copy->slots_.lock() = std::move(copies);
    return copy;
}

Result<FileTable::Slot*> FileTable::slot(Vec<Slot>& slots, int fd) {
    if (fd < 0 || static_cast<usize>(fd) >= slots.size() || !slots[static_cast<usize>(fd)].file) return Error{EBADF};
    return &slots[static_cast<usize>(fd)];
}

Result<Ref<File>> FileTable::any(int fd) {
    auto slots = slots_.lock();
    return Ref<File>(TRY(slot(*slots, fd))->file);
}

Result<Ref<File>> FileTable::get(int fd) {
    Ref<File> file = TRY(any(fd));
    if (file->is_path_only()) return Error{EBADF};
    return file;
}

Result<int> FileTable::add(Ref<File> file, OnExec on_exec, int from) {
    if (from < 0 || (from > 0 && from >= limit())) return Error{EINVAL};
    auto slots = slots_.lock();
    auto at = static_cast<usize>(from);
    while (at < slots->size() && (*slots)[at].file) ++at;
    if (at >= static_cast<usize>(limit())) return Error{EMFILE};
    if (at >= slots->size()) TRY(slots->resize(at + 1));
    (*slots)[at] = {std::move(file), on_exec};
    return static_cast<int>(at);
}

Result<int> FileTable::set(int fd, Ref<File> file, OnExec on_exec) {
    if (fd < 0 || fd >= limit()) return Error{EBADF};
    auto slots = slots_.lock();
    const auto at = static_cast<usize>(fd);
    if (at >= slots->size()) TRY(slots->resize(at + 1));
    std::swap((*slots)[at].file, file);
    (*slots)[at].on_exec = on_exec;
    return fd;
}

Result<void> FileTable::close(int fd) {
    Ref<File> closed;
    auto slots = slots_.lock();
    Slot* slot = TRY(this->slot(*slots, fd));
    std::swap(slot->file, closed);
    return {};
}

void FileTable::close_range(int first, int last) {
    for (int fd = next_open(first); fd >= 0 && fd <= last; fd = next_open(fd + 1)) static_cast<void>(close(fd));
}

Result<OnExec> FileTable::on_exec(int fd) {
    auto slots = slots_.lock();
    return TRY(slot(*slots, fd))->on_exec;
}

Result<void> FileTable::set_on_exec(int fd, OnExec on_exec) {
    auto slots = slots_.lock();
    TRY(slot(*slots, fd))->on_exec = on_exec;
    return {};
}

void FileTable::close_on_exec() {
    for (int fd = next_open(0); fd >= 0; fd = next_open(fd + 1)) {
        const Result<OnExec> what = on_exec(fd);
        if (what.ok() && what.value() == OnExec::Close) static_cast<void>(close(fd));
    }
}

int FileTable::next_open(int from) {
    auto slots = slots_.lock();
    for (auto at = static_cast<usize>(from < 0 ? 0 : from); at < slots->size(); ++at) {
        if ((*slots)[at].file) return static_cast<int>(at);
    }
    return -1;
}
