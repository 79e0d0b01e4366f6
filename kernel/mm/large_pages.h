// SPDX-License-Identifier: MIT
/// @file
/// @brief Which size a page gets.
/// @chapter large-pages
#pragma once

#include "mm/address_space.h"

/// The largest page that may be mapped in `region` for a touch at `address`, whose entry of `level` is empty. Whether there
/// is memory for it is another question.
PageSize largest_page_for(const Region& region, VirtAddr address, unsigned level);

/// The largest page that the processor has in the host half.
PageSize largest_host_page();

/// Decides what `largest_page` answers: what the processor has in both halves, unless the boot option `bigpages` says `off`
/// (4 KiB only) or `2M`. Once, when the nested format is known.
void choose_largest_page(std::string_view option);
