# SPDX-License-Identifier: MIT
# Unit tests of the kernel and the VMM on this machine, under the sanitizers. unit_X_sources: what the test of that name
# compiles beside its own file tests/unit/X_test.cpp; unit_X_libraries: what it links.

HOST_KERNEL := tests/unit/host_kernel.cpp
MM_SOURCES := $(addprefix kernel/mm/,$(addsuffix .cpp,buddy frames page_tables page_sizes tlb_flush address_space \
    large_pages regions heap_region pair_checker)) kernel/trace/trace.cpp

unit_buddy_sources := kernel/mm/buddy.cpp $(HOST_KERNEL) $(filter-out kernel/mm/buddy.cpp,$(MM_SOURCES))

-include $(wildcard tests/unit/*.unit.mk)

UNIT_TESTS := $(filter-out vmm_%,$(patsubst tests/unit/%_test.cpp,%,$(wildcard tests/unit/*_test.cpp)))
$(foreach test,$(UNIT_TESTS),$(eval $(call test_program,unit/$(test),tests/unit/$(test)_test.cpp $(unit_$(test)_sources),$(unit_$(test)_libraries))))
TESTS_QUICK += $(UNIT_TESTS:%=$(BUILD)/tests/unit/%)
