# SPDX-License-Identifier: MIT
# The kernel's files and terminals on this machine.

FILES_SOURCES := $(wildcard kernel/fs/*.cpp) $(filter-out %/tty_jobs.cpp %/tty_devices.cpp,$(wildcard kernel/drivers/tty*.cpp)) \
    kernel/drivers/line_discipline.cpp kernel/drivers/line_editing.cpp kernel/lib/format.cpp tests/unit/host_files.cpp \
    $(HOST_KERNEL) $(MM_SOURCES)
$(foreach test,fs cpio path pipe tty line_discipline,$(eval unit_$(test)_sources := $(FILES_SOURCES)))
