# SPDX-License-Identifier: MIT
# The labs: work trees for students, and the grader.

LAB ?=
DIR ?=
SEED ?=
BEHAVIOUR ?=

# Everything but the two programs' main functions; the tests use it too.
LAB_SOURCES := $(wildcard labs/*.cpp) $(filter-out %/bench.cpp,$(wildcard labs/[0-9]*/*.cpp)) tests/boot/pair_walk.cpp tests/style/source.cpp \
    $(filter-out %/main.cpp,$(wildcard labs/grade/*.cpp labs/handout/*.cpp))

# Grading takes minutes of a class's computers, so the two programs are compiled once more, without the sanitizers of the tests.
LAB_PROGRAM_OBJECTS := $(patsubst %.cpp,$(BUILD)/lab-objects/%.o,$(LAB_SOURCES) $(MACHINE_SOURCES) labs/grade/main.cpp labs/handout/main.cpp)
$(BUILD)/lab-objects/%.o: %.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(HOST_CXXFLAGS) -MMD -MP -I. -Ikernel -c -o $@ $<
-include $(LAB_PROGRAM_OBJECTS:.o=.d)

$(BUILD)/grade $(BUILD)/handout: $(BUILD)/%: $(LAB_PROGRAM_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(HOST_CXXFLAGS) -o $@ $(BUILD)/lab-objects/labs/$*/main.o $(filter-out %/main.o,$^) -ldw -lelf -lpthread

lab: $(if $(LAB),$(BUILD)/handout)
	$(if $(LAB),,@echo 'make lab LAB=1 [DIR=~/lab1]: say which lab; README.md says more' >&2; exit 1)
	@$(BUILD)/handout $(LAB) $(or $(DIR),../lab-$(LAB))

# What a graded machine boots besides the kernel: busybox, the smallest monitor with its guest instead of the VMM and Linux, a
# guest made of parts, and a program that looks at how it was loaded.
LAB_PROGRAMS := $(addprefix $(BUILD)/programs/,helloguest labguest labprobe labprobe-fixed)
$(BUILD)/initramfs-lab.cpio: $(INITRAMFS_PARTS) $(LAB_PROGRAMS)
	$(call say,CPIO,$@)
	$(Q)kernel/initramfs/make-initramfs $@ $(firstword $(LAB_PROGRAMS)) /dev/null /dev/null $(wordlist 2,9,$(LAB_PROGRAMS))

# Points that were not earned are no failure of the command.
# The own tree needs no sandbox: whoever types this has compiled it before.
# The kernel is built first, so that the grader compiles only what it takes from the submission.
grade: $(if $(LAB),$(BUILD)/grade $(BUILD)/twain.elf $(BUILD)/initramfs-lab.cpio)
	$(if $(LAB),,@echo 'make grade LAB=1 [DIR=TREE] [BEHAVIOUR=NAME] [SEED=N]: say which lab' >&2; exit 1)
	@$(BUILD)/grade --lab $(LAB) --json $(BUILD)/grades/lab-$(LAB).json $(if $(DIR),--submission $(DIR),--no-sandbox) \
	    $(BEHAVIOUR:%=--behaviour %) $(if $(SEED),--seed $(SEED)) || [ $$? = 1 ]

include labs/class/class.mk
