// SPDX-License-Identifier: MIT
/// @file
/// @brief A random series of operations on memory, each compared with the model.
/// @chapter pair
#include "stress.h"

#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <thread>

namespace pairstress {

namespace {

constexpr int kDeepestFork = 2;
constexpr size_t kVerifyEvery = 100;

// Each operation as often as it stands here.
constexpr Operation kMix[] = {
    Operation::Map,         Operation::Map,        Operation::Map,     Operation::Unmap,   Operation::Unmap,
    Operation::Protect,     Operation::Protect,    Operation::Protect, Operation::Discard, Operation::Write,
    Operation::Write,       Operation::Write,      Operation::Write,   Operation::Read,    Operation::Read,
    Operation::KernelWrite, Operation::KernelRead, Operation::Fill,    Operation::Fill,    Operation::Race,
    Operation::Fork,
};

constexpr Rights kRights[] = {Rights::ReadWrite, Rights::ReadWrite, Rights::Read, Rights::None, Rights::ReadExecute};

Access expected(Page const& page, bool allowed) {
    if (!page.mapped) return Access::NotMapped;
    return allowed ? Access::Done : Access::Denied;
}

std::string_view name_of(Access access) {
    switch (access) {
    case Access::Done: return "done";
    case Access::NotMapped: return "not mapped";
    case Access::Denied: return "denied";
    case Access::Other: return "something else";
    }
    return "?";
}

std::string mismatch(std::string_view what, Access got, Access want) {
    return std::string(what) + ": " + std::string(name_of(got)) + " instead of " + std::string(name_of(want));
}

// Where in a page its words are looked at: the first, the last, and one that depends on its value.
std::array<size_t, 3> places(uint64_t value) { return {0, kPageBytes - 8, value / 2 % 512 * 8}; }

}  // namespace

std::string_view name_of(Operation operation) {
    switch (operation) {
    case Operation::Map: return "map";
    case Operation::Unmap: return "unmap";
    case Operation::Protect: return "protect";
    case Operation::Discard: return "discard";
    case Operation::Write: return "write";
    case Operation::Read: return "read";
    case Operation::KernelWrite: return "kernel-write";
    case Operation::KernelRead: return "kernel-read";
    case Operation::Fill: return "fill";
    case Operation::Race: return "race";
    case Operation::Fork: return "fork";
    }
    return "?";
}

bool Stress::fail(std::string const& what, size_t index) {
    char line[400];
    int const length = snprintf(
        line, sizeof line, "pairstress: seed %llu, thread %zu, operation %zu (%s), fork depth %d, page %#zx: %s\n",
        static_cast<unsigned long long>(settings_.seed), settings_.part, done_, std::string(name_of(current_)).c_str(),
        depth_, static_cast<size_t>(address_of(index)), what.c_str());
    static_cast<void>(!write(1, line, static_cast<size_t>(length)));
    return false;
}

bool Stress::verify(size_t index) {
    Page const& page = model_.page(index);
    for (size_t const place : places(page.value)) {
        uint64_t value = 0;
        Access const got = load(address_of(index) + place, value);
        Access const want = expected(page, page.readable());
        if (got != want) return fail(mismatch("reading", got, want), index);
        if (got != Access::Done) break;
        if (value != page.value)
            return fail("read " + std::to_string(value) + " instead of " + std::to_string(page.value), index);
    }
    return true;
}

bool Stress::verify_all() {
    for (size_t arena = 0; arena < kArenas.size(); ++arena) {
        Run const run = model_.whole_part(arena);
        for (size_t i = 0; i < run.count; ++i)
            if (!verify(run.first + i)) return false;
    }
    return true;
}

bool Stress::write_page(size_t index, uint64_t value) {
    for (size_t place = 0; place < kPageBytes; place += 8)
        if (store(address_of(index) + place, value) != Access::Done)
            return fail("a page that can be written in part", index);
    model_.page(index).value = value;
    return true;
}

bool Stress::do_map() {
    Run const run =
        random_.below(5) == 0 ? model_.whole_part(random_.below(kArenas.size())) : model_.random_run(random_, 24);
    Rights const rights = kRights[random_.below(std::size(kRights))];
    if (!map_pages(run, rights)) return fail("mmap failed with errno " + std::to_string(errno), run.first);
    for (size_t i = 0; i < run.count; ++i) model_.page(run.first + i) = Page{true, rights, 0};
    return true;
}

bool Stress::do_unmap() {
    Run const run = model_.random_run(random_, 16);
    if (!unmap_pages(run)) return fail("munmap failed with errno " + std::to_string(errno), run.first);
    for (size_t i = 0; i < run.count; ++i) model_.page(run.first + i) = Page{};
    return true;
}

bool Stress::do_protect() {
    Run const run = model_.mapped_run(random_, 24);
    Rights const rights = kRights[random_.below(std::size(kRights))];
    if (run.count == 0) return true;
    if (!protect_pages(run, rights)) return fail("mprotect failed with errno " + std::to_string(errno), run.first);
    for (size_t i = 0; i < run.count; ++i) model_.page(run.first + i).rights = rights;
    return true;
}

bool Stress::do_discard() {
    Run const run = model_.mapped_run(random_, 24);
    if (run.count == 0) return true;
    if (!discard_pages(run)) return fail("madvise failed with errno " + std::to_string(errno), run.first);
    for (size_t i = 0; i < run.count; ++i) model_.page(run.first + i).value = 0;
    return true;
}

bool Stress::do_write(Access (*write_word)(uintptr_t, uint64_t)) {
    size_t const index = model_.random_page(random_);
    uint64_t const value = new_value();
    Page const& page = model_.page(index);
    Access const got = write_word(address_of(index) + places(page.value)[2], value);
    Access want = expected(page, page.writable());
    // A system call does not say why it could not.
    if (write_word == kernel_store && want == Access::NotMapped) want = Access::Denied;
    if (got != want) return fail(mismatch("writing", got, want), index);
    return got != Access::Done || write_page(index, value);
}

bool Stress::do_read(Access (*read_word)(uintptr_t, uint64_t&)) {
    size_t const index = model_.random_page(random_);
    Page const& page = model_.page(index);
    uint64_t value = page.value;
    Access const got = read_word(address_of(index) + random_.below(512) * 8, value);
    Access want = expected(page, page.readable());
    if (read_word == kernel_load && want == Access::NotMapped) want = Access::Denied;
    if (got != want) return fail(mismatch("reading", got, want), index);
    return value == page.value ||
           fail("read " + std::to_string(value) + " instead of " + std::to_string(page.value), index);
}

bool Stress::do_fill() {
    Run const run = model_.random_run(random_, 32);
    for (size_t i = 0; i < run.count; ++i) {
        uint64_t const value = new_value();
        if (model_.page(run.first + i).writable() && !write_page(run.first + i, value)) return false;
    }
    return true;
}

// Two threads write the two halves of the same pages at the same time, so that both may fault on one page.
bool Stress::do_race() {
    Run const run = model_.random_run(random_, 16);
    uint64_t const value = new_value();
    auto const write_half = [&](size_t first) {
        for (size_t i = 0; i < run.count; ++i) {
            if (!model_.page(run.first + i).writable()) continue;
            auto* const words = reinterpret_cast<uint64_t volatile*>(address_of(run.first + i));
            for (size_t word = first; word < 512; word += 2) words[word] = value;
        }
    };
    std::thread other(write_half, 1);
    write_half(0);
    other.join();
    for (size_t i = 0; i < run.count; ++i)
        if (model_.page(run.first + i).writable()) model_.page(run.first + i).value = value;
    return true;
}

// Parent and child go on with different series on what they share until one of them writes.
bool Stress::do_fork() {
    uint64_t const child_seed = random_.next();
    size_t const child_count = 5 + random_.below(20);
    size_t const own_count = random_.below(10);
    if (depth_ >= kDeepestFork) return true;
    pid_t const child = fork();
    if (child < 0) return fail("fork failed with errno " + std::to_string(errno), 0);
    if (child == 0) {
        ++depth_;
        random_ = Random(child_seed);
        bool good = true;
        for (size_t i = 0; good && i < child_count; ++i) good = step();
        _exit(good && verify_all() ? 0 : 1);
    }
    bool good = true;
    for (size_t i = 0; good && i < own_count; ++i) good = step();
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (status != 0) return fail("the child ended with status " + std::to_string(status), 0);
    return good;
}

bool Stress::do_operation(Operation operation) {
    switch (operation) {
    case Operation::Map: return do_map();
    case Operation::Unmap: return do_unmap();
    case Operation::Protect: return do_protect();
    case Operation::Discard: return do_discard();
    case Operation::Write: return do_write(store);
    case Operation::Read: return do_read(load);
    case Operation::KernelWrite: return do_write(kernel_store);
    case Operation::KernelRead: return do_read(kernel_load);
    case Operation::Fill: return do_fill();
    case Operation::Race: return do_race();
    case Operation::Fork: return do_fork();
    }
    return false;
}

bool Stress::step() {
    Operation const operation = kMix[random_.below(std::size(kMix))];
    ++done_;
    ++counts_[static_cast<size_t>(operation)];
    current_ = operation;
    bool good = do_operation(operation);
    current_ = operation;
    if (good && !kernel_check(settings_.check_path)) good = fail("the kernel's own check failed", 0);
    if (good && done_ % kVerifyEvery == 0) good = verify_all();
    return good;
}

bool Stress::run() {
    while (done_ < settings_.count)
        if (!step()) return false;
    return verify_all();
}

}  // namespace pairstress
