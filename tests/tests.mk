# The tests. A test is a program that is run from the top of the tree and prints GoogleTest's lines or, as scripts do,
# `ok NAME` and `not ok NAME`; tests/tools/run-tests sums them all up.
#
# A fragment in a folder of tests says what its programs are made of, and adds them to one of the two lists:
#     $(eval $(call test_program,unit/tty,tests/unit/tty_test.cpp kernel/drivers/tty.cpp,FLAGS,LIBRARIES))
#     TESTS_QUICK += $(BUILD)/tests/unit/tty
# Sources of the kernel and the VMM are compiled once more for this machine, under the sanitizers.

TESTS_QUICK :=
TESTS_FULL :=
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# Under the sanitizers g++ 12 sees uninitialized variables in the standard library where there are none.
TEST_CXXFLAGS := $(subst -O2,-O1,$(HOST_CXXFLAGS)) -Wno-maybe-uninitialized $(SANITIZE) -fno-omit-frame-pointer

# GoogleTest would include cxxabi.h, which takes the name `abi` that the kernel's interface has.
TEST_CXXFLAGS += -DGTEST_HAS_CXXABI_H_=0

# $(call test_program,NAME,SOURCES,FLAGS,LIBRARIES): $(BUILD)/tests/NAME from SOURCES, with GoogleTest's main.
# Objects lie under $(BUILD)/tests/NAME.d/, so that each program may have flags of its own.
define test_program
$(BUILD)/tests/$(1): $(patsubst %.cpp,$(BUILD)/tests/$(1).d/%.o,$(2))
	$$(call say,LINK,$$@)
	$(Q)$(CXX) $(TEST_CXXFLAGS) -o $$@ $$^ $(4) -lgtest -lgtest_main -lpthread
$(BUILD)/tests/$(1).d/%.o: %.cpp
	@mkdir -p $$(@D)
	$$(call say,CXX,$$<)
	$(Q)$(CXX) $(TEST_CXXFLAGS) -MMD -MP -I. -Ikernel $(3) -c -o $$@ $$<
-include $(patsubst %.cpp,$(BUILD)/tests/$(1).d/%.d,$(2))
endef

include tests/machine/machine.mk
include $(filter-out tests/machine/machine.mk,$(wildcard tests/*/*.mk))

test: $(TESTS_QUICK) $(TESTS_FULL) all
	@exec tests/tools/run-tests $(TESTS_QUICK) $(TESTS_FULL)

test-quick: $(TESTS_QUICK) all
	@exec tests/tools/run-tests $(TESTS_QUICK)
