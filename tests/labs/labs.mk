# The tests of the labs: the grader's kill matrix, and handouts.

$(eval $(call machine_program,labs/labs,tests/labs/labs_test.cpp $(LAB_SOURCES)))
$(BUILD)/tests/labs/labs: | $(BUILD)/twain.elf $(BUILD)/initramfs-test.cpio
TESTS_FULL += $(BUILD)/tests/labs/labs
