# The VMM's library on this machine.

$(eval $(call test_program,unit/vmm,$(wildcard tests/unit/vmm_*_test.cpp) $(VMM_LIBRARY_SOURCES),-lZydis))
TESTS_QUICK += $(BUILD)/tests/unit/vmm
$(BUILD)/tests/unit/vmm: | $(GUEST)/vmlinuz
$(TEST_OBJECTS)/vmm/acpi.o: $(VMM_TABLES)
