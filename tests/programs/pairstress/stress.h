// SPDX-License-Identifier: MIT
/// @file
/// @brief A random series of operations on memory, each compared with the model.
/// @chapter pair
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "memory.h"
#include "model.h"

namespace pairstress {

enum class Operation { Map, Unmap, Protect, Discard, Write, Read, KernelWrite, KernelRead, Fill, Race, Fork };
constexpr size_t kOperations = 11;

std::string_view name_of(Operation operation);

struct Settings {
    uint64_t seed = 1;
    size_t count = 1000;
    size_t part = 0, parts = 1;  ///< which pages, where several threads share the arenas
    std::string check_path = "/proc/twain/check";
};

/// Runs the series. A child made by a Fork goes on with the model it inherited, and is waited for.
class Stress {
   public:
    explicit Stress(Settings const& settings)
        : settings_(settings),
          random_(settings.seed * settings.parts + settings.part),
          model_(settings.part, settings.parts) {}

    /// True when memory agreed with the model after every operation. The first disagreement is printed.
    bool run();

    /// How often each operation was done, by this process.
    std::array<size_t, kOperations> const& counts() const { return counts_; }

   private:
    bool step();
    bool do_operation(Operation operation);
    bool do_map();
    bool do_unmap();
    bool do_protect();
    bool do_discard();
    bool do_write(Access (*write_word)(uintptr_t, uint64_t));
    bool do_read(Access (*read_word)(uintptr_t, uint64_t&));
    bool do_fill();
    bool do_race();
    bool do_fork();

    /// Compares one page with the model, or all of them.
    bool verify(size_t index);
    bool verify_all();
    bool write_page(size_t index, uint64_t value);
    bool fail(std::string const& what, size_t index);
    uint64_t new_value() { return random_.next() | 1; }

    Settings settings_;
    Random random_;
    Model model_;
    std::array<size_t, kOperations> counts_{};
    size_t done_ = 0;
    int depth_ = 0;
    Operation current_ = Operation::Map;
};

}  // namespace pairstress
