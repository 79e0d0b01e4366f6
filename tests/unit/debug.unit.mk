# SPDX-License-Identifier: MIT
# The stub's pure parts, with the debugger's own reader of the protocol as the independent opinion.
unit_stub_sources := $(addprefix kernel/debug/stub_,$(addsuffix .cpp,packet registers session answers)) \
    debugger-ui/rsp/rsp_framing.cpp debugger-ui/rsp/target_description.cpp kernel/lib/format.cpp \
    $(MM_SOURCES) $(HOST_KERNEL)
unit_stub_points_sources := kernel/debug/stub_memory.cpp kernel/debug/stub_points.cpp $(MM_SOURCES) $(HOST_KERNEL)
