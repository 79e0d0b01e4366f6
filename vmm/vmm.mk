# The VMM: an ordinary program of Twain. $(BUILD)/vmm is the program, $(BUILD)/libvmm.a its library (the tests compile
# their own). Objects are in $(BUILD)/obj/vmm, since $(BUILD)/vmm is the program.

VMM_OBJ := $(BUILD)/obj/vmm
VMM_LIBRARY_SOURCES := $(filter-out vmm/main.cpp,$(wildcard vmm/*.cpp))
VMM_LIBRARY_OBJECTS := $(VMM_LIBRARY_SOURCES:vmm/%.cpp=$(VMM_OBJ)/%.o)
# The ACPI tables, as C arrays.
VMM_TABLES := $(patsubst vmm/acpi/%.asl,$(VMM_OBJ)/%.hex,$(wildcard vmm/acpi/*.asl))
VMM_FLAGS = $(HOST_CXXFLAGS) -fPIE -I. -I$(VMM_OBJ)
VMM_LDFLAGS := -pie -static-libstdc++ -static-libgcc -Wl,--as-needed -Wl,-z,relro,-z,now
VMM_LDLIBS := -lZydis -lZycore

$(eval $(call precompile,VMM,algorithm array atomic cerrno chrono csignal cstdio cstring functional fstream memory mutex \
    optional span string string_view thread vector))

$(BUILD)/vmm: $(VMM_OBJ)/main.o $(BUILD)/libvmm.a
	$(call say,LINK,$@)
	$(Q)$(CXX) $(VMM_LDFLAGS) -o $@ $^ $(VMM_LDLIBS)

$(BUILD)/libvmm.a: $(VMM_LIBRARY_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(VMM_OBJ)/%.o: vmm/%.cpp $(VMM_PRECOMPILED) | $(VMM_TABLES)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(VMM_FLAGS) $(VMM_PRELUDE) -MMD -MP -c -o $@ $<

$(VMM_OBJ)/acpi.o: $(VMM_TABLES)

$(VMM_OBJ)/%.hex: vmm/acpi/%.asl
	$(call say,IASL,$<)
	@mkdir -p $(@D)
	$(Q)iasl -vs -tc -p $(@:.hex=) $< > $(@:.hex=.log) || { cat $(@:.hex=.log); exit 1; }

-include $(wildcard $(VMM_OBJ)/*.d)
