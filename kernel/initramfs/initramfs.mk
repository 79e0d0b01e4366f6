# Twain's initramfs. INITRAMFS_PROGRAMS go along in /bin; other fragments add to it.

INITRAMFS_PROGRAMS ?=
INITRAMFS_PARTS := kernel/initramfs/make-initramfs kernel/initramfs/init $(wildcard kernel/initramfs/etc/*)
INITRAMFS_BASE := $(BUILD)/vmm $(BUILD)/guest/vmlinuz $(BUILD)/guest/initrd

$(BUILD)/initramfs.cpio: $(INITRAMFS_PARTS) $(INITRAMFS_BASE) $$(INITRAMFS_PROGRAMS)
	$(call say,CPIO,$@)
	$(Q)kernel/initramfs/make-initramfs $@ $(INITRAMFS_BASE) $(INITRAMFS_PROGRAMS)
