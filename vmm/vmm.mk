# The VMM: an ordinary program of Twain. $(BUILD)/vmm is the program, $(BUILD)/libvmm.a its library (tests link it too),
# $(BUILD)/vmm.libs the shared libraries that it needs, one path a line, for the initramfs.

VMM_OBJ := $(BUILD)/obj/vmm
VMM_LIBRARY_SOURCES := $(filter-out vmm/main.cpp,$(wildcard vmm/*.cpp))
VMM_LIBRARY_OBJECTS := $(VMM_LIBRARY_SOURCES:vmm/%.cpp=$(VMM_OBJ)/%.o)
VMM_CXXFLAGS = $(HOST_CXXFLAGS) -fPIE -I. -I$(VMM_OBJ)
VMM_LDFLAGS := -pie -static-libstdc++ -static-libgcc -Wl,--as-needed -Wl,-z,relro,-z,now
VMM_LDLIBS := -lZydis -lZycore

$(BUILD)/vmm: $(VMM_OBJ)/main.o $(BUILD)/libvmm.a
	$(call say,LINK,$@)
	$(Q)$(CXX) $(VMM_LDFLAGS) -o $@ $^ $(VMM_LDLIBS)

$(BUILD)/libvmm.a: $(VMM_LIBRARY_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(VMM_OBJ)/%.o: vmm/%.cpp | $(VMM_OBJ)/dsdt.hex
	$(call say,CXX,$<)
	$(Q)$(CXX) $(VMM_CXXFLAGS) -MMD -MP -c -o $@ $<

$(VMM_OBJ)/acpi.o: $(VMM_OBJ)/dsdt.hex

$(VMM_OBJ)/dsdt.hex: vmm/dsdt.asl
	$(call say,IASL,$<)
	@mkdir -p $(@D)
	$(Q)iasl -vs -tc -p $(VMM_OBJ)/dsdt $< > $(VMM_OBJ)/iasl.log || { cat $(VMM_OBJ)/iasl.log; exit 1; }

$(BUILD)/vmm.libs: $(BUILD)/vmm
	$(Q)ldd $< | sed -n 's/.* => \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*\).*/\1/p' > $@

-include $(wildcard $(VMM_OBJ)/*.d)
