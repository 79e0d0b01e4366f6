// SPDX-License-Identifier: MIT
// The list of tables. The FADT is at 0xe0200, the MADT at 0xe1000.
[0004]                          Signature : "XSDT"    [Extended System Description Table]
[0004]                       Table Length : 00000064
[0001]                           Revision : 01
[0001]                           Checksum : 8B
[0006]                             Oem ID : "TWAIN "
[0008]                       Oem Table ID : "GUEST   "
[0004]                       Oem Revision : 00000001
[0004]                    Asl Compiler ID : "INTL"
[0004]              Asl Compiler Revision : 20100528
[0008]             ACPI Table Address   0 : 00000000000E0200
[0008]             ACPI Table Address   1 : 00000000000E1000
