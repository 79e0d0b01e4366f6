# The tests of the labs: handouts and their texts, and the kill matrix, which is the grader's own examination.

include labs/labs.mk

$(eval $(call machine_program,labs/handouts,tests/labs/handout_test.cpp tests/labs/formats_test.cpp tests/labs/sandbox_test.cpp $(LAB_SOURCES)))
$(eval $(call machine_program,labs/matrix,tests/labs/matrix_test.cpp $(LAB_SOURCES)))
$(BUILD)/tests/labs/matrix: | $(BUILD)/grade $(BUILD)/twain.elf $(BUILD)/initramfs-lab.cpio
TESTS_QUICK += $(BUILD)/tests/labs/handouts

# The matrix of each lab alone, build/tests/labs/matrix-1 and so on.
LAB_NUMBERS := $(foreach folder,$(wildcard labs/[0-9][0-9]-*),$(patsubst 0%,%,$(firstword $(subst -, ,$(notdir $(folder))))))
define lab_matrix
$(BUILD)/tests/labs/matrix-$(1): $(BUILD)/tests/labs/matrix tests/labs/labs.mk
	$(Q)printf '#!/bin/sh\nexec %s --gtest_filter=*Lab$(1)\n' $$< >$$@ && chmod +x $$@
TESTS_FULL += $(BUILD)/tests/labs/matrix-$(1)
endef
$(foreach number,$(LAB_NUMBERS),$(eval $(call lab_matrix,$(number))))
