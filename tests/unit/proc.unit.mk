# SPDX-License-Identifier: MIT
# Unit tests of kernel/proc's pure parts.
unit_elf_sources := kernel/proc/elf.cpp kernel/proc/user_stack.cpp $(MM_SOURCES) $(HOST_KERNEL)
unit_signal_sources := kernel/proc/signal.cpp kernel/proc/signal_info.cpp kernel/proc/signal_frame.cpp $(MM_SOURCES) $(HOST_KERNEL)
unit_futex_sources := kernel/proc/futex_operation.cpp $(MM_SOURCES) $(HOST_KERNEL)
