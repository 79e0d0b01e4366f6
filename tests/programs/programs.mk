# SPDX-License-Identifier: MIT
# The programs that tests run in ring 3 of Twain, in a guest, and on Linux: one static binary each.
#   make programs          builds them all to $(BUILD)/programs
#   PROGRAMS               their names

PROGRAMS := nanwan helloguest systest ttytest badprog pairstress ringvtest storm largepages shootdown tables labguest
PROGRAMS_DIR := tests/programs

PROGRAM_CXXFLAGS := $(HOST_CXXFLAGS) -I. -fPIE -pthread -MMD -MP
PROGRAM_LDFLAGS := -static-pie -pthread -g

# The sources of one program: its folder if it has one, or else the file of its name, and what it takes of others.
program_sources = $(or $(wildcard $(PROGRAMS_DIR)/$(1)/*.cpp),$(PROGRAMS_DIR)/$(1).cpp) $($(1)_ALSO)
shootdown_ALSO := $(PROGRAMS_DIR)/ringvtest/machine.cpp
labguest_ALSO := $(filter-out %/main.cpp,$(wildcard $(PROGRAMS_DIR)/ringvtest/*.cpp))
program_objects = $(patsubst %.cpp,$(BUILD)/%.o,$(call program_sources,$(1)))

.PHONY: programs
programs: $(addprefix $(BUILD)/programs/,$(PROGRAMS))

$(BUILD)/tests/programs/%.o: tests/programs/%.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(PROGRAM_CXXFLAGS) -c $< -o $@

define program_rule
$(BUILD)/programs/$(1): $(call program_objects,$(1))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CXX) $$(PROGRAM_LDFLAGS) $$^ -o $$@
-include $(patsubst %.o,%.d,$(call program_objects,$(1)))
endef
$(foreach program,$(PROGRAMS),$(eval $(call program_rule,$(program))))

# What the grader of lab 4 loads: without a library, to be put anywhere or at one place.
labprobe_FLAGS := -static-pie
labprobe-fixed_FLAGS := -static -no-pie
$(BUILD)/programs/labprobe $(BUILD)/programs/labprobe-fixed: $(BUILD)/programs/%: $(BUILD)/tests/programs/labprobe.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CXX) -nostdlib $($*_FLAGS) -g $^ -o $@
$(BUILD)/tests/programs/labprobe.o: PROGRAM_CXXFLAGS += -ffreestanding -fno-stack-protector -fno-tree-loop-distribute-patterns
-include $(BUILD)/tests/programs/labprobe.d
