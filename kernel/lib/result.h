// SPDX-License-Identifier: MIT
/// @file
/// @brief Result<T>: a value or an errno, and TRY, which passes an error up.
/// @chapter machine
#pragma once

#include <asm/errno.h>

#include <new>
#include <type_traits>
#include <utility>

#include "lib/check.h"

/// Why something failed, as one of Linux's errno numbers (positive). It becomes a negative return value in one place,
/// the system-call dispatcher.
struct [[nodiscard]] Error {
    int code;
    constexpr bool operator==(const Error&) const = default;
};

/// A `T`, or why there is none.
template <class T>
class [[nodiscard]] Result {
   public:
    Result(T value) : error_(0) { new (&storage_) T(std::move(value)); }  // NOLINT: implicit by design
    Result(Error error) : error_(error.code) { CHECK(error.code > 0); }   // NOLINT: implicit by design
    Result(Result&& other) noexcept : error_(other.error_) {
        if (ok()) new (&storage_) T(std::move(other.value()));
    }
    Result& operator=(Result&&) = delete;
    ~Result() {
        if (ok()) value().~T();
    }

    bool ok() const { return error_ == 0; }
    Error error() const { return Error{error_}; }
    /// The value; only when `ok()`.
    T& value() & { return *std::launder(reinterpret_cast<T*>(&storage_)); }
    const T& value() const& { return *std::launder(reinterpret_cast<const T*>(&storage_)); }
    T&& value() && { return std::move(*std::launder(reinterpret_cast<T*>(&storage_))); }
    T& operator*() { return value(); }
    T* operator->() { return &value(); }

   private:
    int error_;
    alignas(T) unsigned char storage_[sizeof(T)];
};

/// A reference, or why there is none.
template <class T>
class [[nodiscard]] Result<T&> {
   public:
    Result(T& value) : value_(&value) {}                          // NOLINT: implicit by design
    Result(Error error) : value_(nullptr), error_(error.code) {}  // NOLINT: implicit by design
    bool ok() const { return value_ != nullptr; }
    Error error() const { return Error{error_}; }
    T& value() const { return *value_; }

   private:
    T* value_;
    int error_ = 0;
};

/// Success, or why not.
template <>
class [[nodiscard]] Result<void> {
   public:
    Result() = default;
    Result(Error error) : error_(error.code) {}  // NOLINT: implicit by design
    bool ok() const { return error_ == 0; }
    Error error() const { return Error{error_}; }
    void value() const {}

   private:
    int error_ = 0;
};

/// The value of a Result, or a return from the enclosing function with its error.
#define TRY(expression)                                           \
    ({                                                            \
        auto&& try_result_ = (expression);                        \
        if (!try_result_.ok()) return try_result_.error();        \
        std::forward<decltype(try_result_)>(try_result_).value(); \
    })
