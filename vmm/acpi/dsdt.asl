// SPDX-License-Identifier: MIT
// The devices of the guest's machine, as ACPI tells them. iasl compiles this file;
// tests/unit/vmm_boot_test.cpp checks that its numbers are those of the devices' headers.
DefinitionBlock ("", "DSDT", 2, "TWAIN", "GUEST", 1)
{
    // Soft off: the value for the sleep control register.
    Name (\_S5, Package () { 5, 0, 0, 0 })

    Scope (\_SB)
    {
        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, 1)
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x03F8, 0x03F8, 0x01, 0x08)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 4 }
            })
        }

        Device (RTC0)
        {
            Name (_HID, EisaId ("PNP0B00"))
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x0070, 0x0070, 0x01, 0x02)
            })
        }

        // virtio over MMIO: the console.
        Device (VIO0)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0)
            Name (_CCA, 1)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xD0000000, 0x00000200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 16 }
            })
        }
    }
}
