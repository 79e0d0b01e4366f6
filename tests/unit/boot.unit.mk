# SPDX-License-Identifier: MIT
# Unit tests of kernel/boot.
unit_boot_info_sources := kernel/boot/boot_info.cpp kernel/boot/multiboot2.cpp $(MM_SOURCES) $(HOST_KERNEL)
