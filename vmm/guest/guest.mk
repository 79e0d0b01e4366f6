# The guest's software: Debian's stock kernel, unmodified, and a small initramfs of busybox with a console driver.

GUEST := $(BUILD)/guest
# Loaded by the guest's /init, with what they depend on.
GUEST_MODULES := virtio_mmio virtio_console
# Programs of ours that the initramfs takes along in /bin; other fragments add to it.
GUEST_PROGRAMS ?=

# Downloading happens once: nothing but a missing file asks for it again.
$(GUEST)/vmlinuz:
	$(call say,FETCH,$(GUEST_KERNEL_PACKAGE))
	$(Q)vmm/guest/fetch-kernel $(GUEST_KERNEL_PACKAGE) $(GUEST) $(GUEST_MODULES)

$(GUEST)/initrd: $(GUEST)/vmlinuz vmm/guest/init vmm/guest/make-initrd $$(wildcard kernel/initramfs/etc/*) $$(GUEST_PROGRAMS)
	$(call say,CPIO,$@)
	$(Q)vmm/guest/make-initrd $(GUEST) $(GUEST_PROGRAMS)
