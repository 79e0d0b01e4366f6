# `make bench`: the figures, measured on machines whose guest prints its time-stamp counter before its first prompt.

BENCH := $(BUILD)/bench

$(BENCH)/tsc: tests/bench/tsc.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) -O2 -static -nostdlib -ffreestanding -fno-stack-protector -fcf-protection=none -o $@ $<

# Linux unpacks archives that stand one behind another; a file of the later one replaces that of the earlier.
$(BENCH)/initrd: $(GUEST)/initrd $(BENCH)/tsc kernel/initramfs/etc/profile
	$(call say,CPIO,$@)
	$(Q)rm -rf $(BENCH)/extra && mkdir -p $(BENCH)/extra/bin $(BENCH)/extra/etc
	$(Q)cp $(BENCH)/tsc $(BENCH)/extra/bin/
	$(Q)(cat kernel/initramfs/etc/profile; echo tsc) > $(BENCH)/extra/etc/profile
	$(Q)(cd $(BENCH)/extra && find . | LC_ALL=C sort | cpio -o -H newc -R +0:+0 --quiet) | cat $(GUEST)/initrd - > $@

$(BENCH)/initramfs.cpio: $(INITRAMFS_PARTS) $(BUILD)/vmm $(GUEST)/vmlinuz $(BENCH)/initrd $(BENCH)/tsc
	$(call say,CPIO,$@)
	$(Q)kernel/initramfs/make-initramfs $@ $(BUILD)/vmm $(GUEST)/vmlinuz $(BENCH)/initrd $(BENCH)/tsc

$(eval $(call machine_program,bench/bench,tests/bench/bench.cpp tests/boot/pair_walk.cpp tests/boot/nested_faults.cpp))
$(BUILD)/tests/bench/bench: TEST_CXXFLAGS := $(HOST_CXXFLAGS)

bench: $(BUILD)/tests/bench/bench $(BENCH)/initrd $(BENCH)/initramfs.cpio $(BUILD)/initramfs-test.cpio all
	@exec $(BUILD)/tests/bench/bench
