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
TESTS_FULL += $(filter-out $(MATRICES_BY_HAND:%=$(BUILD)/tests/labs/matrix-%),$(BUILD)/tests/labs/matrix-$(1))
endef
# Of lab 7 some rows have not been seen yet.
MATRICES_BY_HAND := 7
$(foreach number,$(LAB_NUMBERS),$(eval $(call lab_matrix,$(number))))

# A class is graded by the command that instructors type.
$(eval $(call machine_program,labs/class,tests/labs/class_test.cpp tests/labs/class_submissions.cpp $(sort $(LAB_SOURCES) $(CLASS_SOURCES))))
$(BUILD)/tests/labs/class: | $(BUILD)/grade $(BUILD)/class-roll $(BUILD)/twain.elf $(BUILD)/initramfs-lab.cpio
# Not in `make test` yet: it has not been seen as a whole.

# What Gradescope, GitHub Classroom and Kubernetes run. Kubernetes' schemas come from npm, where there is one; then
# manifests are checked without a cluster and without a network.
$(BUILD)/kubernetes/node_modules:
	$(call say,NPM,kubernetes-models yaml)
	$(Q)mkdir -p $(@D) && npm install --silent --no-fund --no-audit --prefix $(@D) kubernetes-models@5.1.0 yaml@2 || \
	    echo "  no npm registry: the manifests are not held against Kubernetes' schemas"
tests/labs/adapters-test: | $(BUILD)/grade $(BUILD)/handout $(BUILD)/class-roll $(BUILD)/twain.elf $(BUILD)/initramfs-lab.cpio \
    $(if $(shell command -v npm),$(BUILD)/kubernetes/node_modules)
TESTS_FULL += tests/labs/adapters-test
