# The VMM's library on this machine. GoogleTest shall not include <cxxabi.h>, which makes `abi` an alias of
# its own.

$(eval $(call test_program,unit/vmm,$(wildcard tests/unit/vmm_*_test.cpp) $(VMM_LIBRARY_SOURCES),-I$(VMM_OBJ) -DGTEST_HAS_CXXABI_H_=0,-lZydis))
TESTS_QUICK += $(BUILD)/tests/unit/vmm
$(BUILD)/tests/unit/vmm.d/vmm/acpi.o: $(VMM_TABLES)
