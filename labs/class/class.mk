# SPDX-License-Identifier: MIT
# Grading a class on this computer or on many, and what graders of others take: Gradescope, GitHub Classroom, Kubernetes.

SUBMISSIONS ?=
OUT ?=
SSHLOGINS ?=
IMAGE ?=

CLASS_SOURCES := $(addprefix labs/class/,json.cpp roll.cpp page.cpp)
$(BUILD)/class-roll: $(patsubst %.cpp,$(BUILD)/lab-objects/%.o,labs/class/main.cpp $(CLASS_SOURCES) labs/lab.cpp $(MACHINE_SOURCES))
	$(call say,LINK,$@)
	$(Q)$(CXX) $(HOST_CXXFLAGS) -o $@ $^ -ldw -lelf -lpthread

CLASS_USAGE := make grade-class LAB=1 SUBMISSIONS=DIR [OUT=DIR] [JOBS=N] [SSHLOGINS=FILE]: each folder in SUBMISSIONS is one student's tree
grade-class: $(if $(and $(LAB),$(SUBMISSIONS)),$(BUILD)/grade $(BUILD)/class-roll $(BUILD)/twain.elf $(BUILD)/initramfs-lab.cpio)
	$(if $(and $(LAB),$(SUBMISSIONS)),,@echo '$(CLASS_USAGE)' >&2; exit 1)
	@SSHLOGINS='$(SSHLOGINS)' SEED='$(SEED)' labs/class/grade-class $(LAB) '$(SUBMISSIONS)' \
	    '$(or $(OUT),$(BUILD)/grades/class-$(LAB))' $(BEHAVIOUR)

gradescope: $(if $(LAB),$(BUILD)/handout)
	$(if $(LAB),,@echo 'make gradescope LAB=1: say which lab' >&2; exit 1)
	@labs/class/gradescope/make-zip $(LAB) $(BUILD)/gradescope/lab-$(LAB).zip

kubernetes: $(if $(and $(LAB),$(SUBMISSIONS),$(IMAGE)),$(BUILD)/class-roll)
	$(if $(and $(LAB),$(SUBMISSIONS),$(IMAGE)),,@echo 'make kubernetes LAB=1 SUBMISSIONS=DIR IMAGE=REGISTRY/NAME [OUT=DIR]' >&2; exit 1)
	@labs/class/kubernetes/prepare $(LAB) '$(SUBMISSIONS)' '$(IMAGE)' '$(or $(OUT),$(BUILD)/grades/class-$(LAB))'
