# The library that drives machines, and its own tests. Its protocol and its symbols are the debugger's.

MACHINE_LIBRARY := $(BUILD)/tests/machine/libmachine.a
MACHINE_SOURCES := $(filter-out %_test.cpp,$(wildcard tests/machine/*.cpp)) $(DEBUGGER_RSP) $(DEBUGGER_SYMBOLS)
MACHINE_OBJECTS := $(MACHINE_SOURCES:%.cpp=$(TEST_OBJECTS)/%.o)

$(MACHINE_LIBRARY): $(MACHINE_OBJECTS)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# $(call machine_program,NAME,SOURCES): a test program that drives machines.
define machine_program
$(call test_program,$(1),$(2),-ldw -lelf $(3))
$(BUILD)/tests/$(1): $(MACHINE_LIBRARY)
endef

$(eval $(call machine_program,machine/library,$(wildcard tests/machine/*_test.cpp)))
TESTS_QUICK += $(BUILD)/tests/machine/library tests/tools/probe-kvm-test

# What `make run ACCEL=bochs` runs: Bochs with its serial port on a terminal.
BOCHS_MACHINE_SOURCES := tests/tools/bochs_machine.cpp tests/machine/bochs.cpp tests/machine/child.cpp tests/machine/relay.cpp \
    debugger-ui/rsp/file.cpp debugger-ui/rsp/deadline.cpp
$(BUILD)/bochs-machine: $(BOCHS_MACHINE_SOURCES) tests/machine/bochs.h tests/machine/child.h tests/machine/relay.h $(wildcard debugger-ui/rsp/*.h)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(HOST_CXXFLAGS) -I. -o $@ $(BOCHS_MACHINE_SOURCES) -lpthread
