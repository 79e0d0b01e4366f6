# SPDX-License-Identifier: MIT
# The kernel's files and terminals, compiled once for all of their tests. Included twice; the first time unit.mk was not yet.

ifdef HOST_KERNEL
ifndef FILES_SOURCES

FILES_SOURCES := $(wildcard kernel/fs/*.cpp) $(filter-out %/tty_jobs.cpp %/tty_devices.cpp,$(wildcard kernel/drivers/tty*.cpp)) \
    kernel/drivers/line_discipline.cpp kernel/drivers/line_editing.cpp kernel/lib/format.cpp tests/unit/host_files.cpp \
    $(HOST_KERNEL) $(MM_SOURCES)
FILES_OBJECTS := $(FILES_SOURCES:%.cpp=$(BUILD)/tests/unit/files.d/%.o)
FILES_TESTS := fs cpio path pipe tty line_discipline

$(FILES_OBJECTS): $(BUILD)/tests/unit/files.d/%.o: %.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(TEST_CXXFLAGS) -MMD -MP -I. -Ikernel -c -o $@ $<
-include $(FILES_OBJECTS:.o=.d)

$(BUILD)/tests/unit/files.a: $(FILES_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(FILES_TESTS:%=$(BUILD)/tests/unit/%): $(BUILD)/tests/unit/files.a

endif
endif
