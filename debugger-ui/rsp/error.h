// SPDX-License-Identifier: MIT
/// @file
/// @brief What the machine library throws: an ordinary failure, or a deadline that passed.
/// @chapter observability
#pragma once

#include <stdexcept>
#include <string>

namespace machine {

/// Something outside went wrong; the text is one line for a person.
class Error : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

/// What was waited for did not happen in time.
class Timeout : public Error {
   public:
    using Error::Error;
};

/// An Error that ends in what `errno` means.
Error error_from_errno(const std::string& what);

}  // namespace machine
