# The tests. A test is a program that is run from the top of the tree and prints GoogleTest's lines or, as scripts do,
# `ok NAME` and `not ok NAME`; tests/tools/run-tests sums them all up.
#
# A fragment in a folder of tests says what its programs are made of, and adds them to one of the two lists:
#     $(eval $(call test_program,unit/tty,tests/unit/tty_test.cpp kernel/drivers/tty.cpp,LIBRARIES))
#     TESTS_QUICK += $(BUILD)/tests/unit/tty
# Sources of the kernel and the VMM are compiled once more for this machine, under the sanitizers.

TESTS_QUICK :=
TESTS_FULL :=
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# Under the sanitizers g++ 12 sees uninitialized variables in the standard library where there are none.
TEST_CXXFLAGS := $(subst -O2,-O1,$(HOST_CXXFLAGS)) -Wno-maybe-uninitialized $(SANITIZE) -fno-omit-frame-pointer

# GoogleTest would include cxxabi.h, which takes the name `abi` that the kernel's interface has.
TEST_CXXFLAGS += -DGTEST_HAS_CXXABI_H_=0

# Each source is compiled once for this machine, whichever tests it is part of.
TEST_OBJECTS := $(BUILD)/tests/objects
$(TEST_OBJECTS)/%.o: %.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(TEST_CXXFLAGS) -MMD -MP -I. -Ikernel -I$(VMM_OBJ) -c -o $@ $<
-include $(shell find $(TEST_OBJECTS) -name '*.d' 2>/dev/null)

# $(call test_program,NAME,SOURCES,LIBRARIES): $(BUILD)/tests/NAME from SOURCES, with GoogleTest's main.
define test_program
$(BUILD)/tests/$(1): $(patsubst %.cpp,$(TEST_OBJECTS)/%.o,$(2))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$(Q)$(CXX) $(TEST_CXXFLAGS) -o $$@ $$^ $(3) -lgtest -lgtest_main -lpthread
endef

include tests/machine/machine.mk
include $(filter-out tests/machine/machine.mk,$(wildcard tests/*/*.mk))

# JOBS: how many run at once. The longest begin first.
JOBS ?=
export JOBS
test: $(TESTS_QUICK) $(TESTS_FULL) all
	@exec tests/tools/run-tests $(filter $(BUILD)/tests/labs/%,$(TESTS_FULL)) $(filter-out $(BUILD)/tests/labs/%,$(TESTS_FULL)) $(TESTS_QUICK)

test-quick: $(TESTS_QUICK) all
	@exec tests/tools/run-tests $(TESTS_QUICK)
