// SPDX-License-Identifier: MIT
/// @file
/// @brief AMD's extension as a back end.
/// @chapter ring-v
#pragma once

#include "virt/back_end.h"

namespace svm {
BackEnd& back_end();
}
