# SPDX-License-Identifier: MIT
# The kernel: every .cpp and .S below kernel/ becomes part of build/twain.elf. DEBUG=1 builds it with checks of lock order,
# poisoned frames, and the pair checker after every change.

KERNEL_SOURCES := $(sort $(shell find kernel -name '*.cpp' -o -name '*.S'))
KERNEL_OBJECTS := $(KERNEL_SOURCES:%=$(BUILD)/%.o)
KERNEL_FLAGS = -std=c++20 -O2 -g $(WARNINGS) -Ikernel -ffreestanding -nostdlib -fno-exceptions -fno-rtti \
    -mno-mmx -mno-sse -mno-red-zone -mcmodel=kernel -fno-pic -fno-pie -fno-stack-protector \
    -fno-threadsafe-statics -fno-omit-frame-pointer -fno-asynchronous-unwind-tables $(if $(DEBUG),-DTWAIN_DEBUG)
KERNEL_LDFLAGS := -nostdlib -static -no-pie -Wl,-T,kernel/boot/twain.ld -Wl,-z,max-page-size=4096 -Wl,--build-id=sha1
# The compiler's own helpers: 128-bit division.
KERNEL_LIBRARIES := -lgcc

$(eval $(call precompile,KERNEL,algorithm array atomic bit span string_view utility))

$(BUILD)/kernel/%.cpp.o: kernel/%.cpp kernel/kernel.mk $(KERNEL_PRECOMPILED)
	$(call say,CXX,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(KERNEL_FLAGS) $(KERNEL_PRELUDE) -MMD -MP -c $< -o $@

$(BUILD)/kernel/%.S.o: kernel/%.S kernel/kernel.mk
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) -g -Ikernel -MMD -MP -c $< -o $@

# Linked twice: the functions' addresses do not depend on the table of them, which stands behind the code.
$(BUILD)/kernel/pass1.elf: $(KERNEL_OBJECTS) kernel/boot/twain.ld kernel/debug/make-symbols
	$(Q)kernel/debug/make-symbols > $(BUILD)/kernel/no-symbols.S
	$(Q)$(CXX) $(KERNEL_LDFLAGS) $(KERNEL_OBJECTS) $(BUILD)/kernel/no-symbols.S $(KERNEL_LIBRARIES) -o $@

$(BUILD)/twain.elf: $(BUILD)/kernel/pass1.elf
	$(call say,LD,$@)
	$(Q)kernel/debug/make-symbols $< > $(BUILD)/kernel/symbols.S
	$(Q)$(CXX) $(KERNEL_LDFLAGS) $(KERNEL_OBJECTS) $(BUILD)/kernel/symbols.S $(KERNEL_LIBRARIES) -o $@

# What `make run` boots, for machines that boot from a CD or a USB stick.
$(BUILD)/twain.iso: $(BUILD)/twain.elf $(BUILD)/initramfs.cpio kernel/boot/make-rescue-image
	$(call say,ISO,$@)
	$(Q)kernel/boot/make-rescue-image $@ $(BUILD)/twain.elf $(BUILD)/initramfs.cpio 'mode=guest rows=24 cols=80'

-include $(KERNEL_OBJECTS:.o=.d)
