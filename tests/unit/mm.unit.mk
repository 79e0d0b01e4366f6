# SPDX-License-Identifier: MIT
# Unit tests of memory, with the model of it.
unit_address_space_sources := tests/unit/memory_model.cpp $(MM_SOURCES) $(HOST_KERNEL)
unit_large_pages_sources := tests/unit/memory_model.cpp $(MM_SOURCES) $(HOST_KERNEL)
