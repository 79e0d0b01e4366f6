// SPDX-License-Identifier: MIT
/// @file
/// @brief What labprobe writes down of its own start and of its calls, for the grader of lab 4 to read from outside.
/// @chapter testing
#pragma once

#include <cstdint>

namespace labprobe {

/// The calls that it makes, in order. What each answers on Linux stands in labs/04-programs/process_checks.cpp.
enum Call : unsigned {
    kWritePipe,
    kReadFresh,
    kWriteHole,
    kWriteKernel,
    kWriteAcrossEnd,
    kWriteAll,
    kReadIntoCode,
    kReadNothing,
    kWriteNothing,
    kWriteReadEnd,
    kReadWriteEnd,
    kWriteNoFile,
    kWritePieces,
    kReadPieces,
    kTooManyPieces,
    kNegativePiece,
    kPiecesInHole,
    kPieceInKernel,
    kNoPieces,
    kCalls
};

struct Results {
    std::uint64_t stack_pointer;  ///< as the kernel set it
    std::uint64_t nonzero;        ///< bytes between the file's data and the end that were not zero at the start
    std::int64_t calls[kCalls];
    char fresh[16];      ///< what came through the pipe into a page that nobody had touched
    char pieces[24];     ///< what came through it in pieces
    std::uint64_t done;  ///< the word of this run, written last
};

/// A pattern that only the file knows.
constexpr std::uint32_t pattern(std::uint32_t index) { return index * 2654435761U ^ 0x5eed; }
inline constexpr unsigned kDataWords = 3000;

}  // namespace labprobe
