// SPDX-License-Identifier: MIT
// The root pointer. It stands at 0xe0000, where systems look for it; the XSDT is at 0xe0100.
[0008]                          Signature : "RSD PTR "
[0001]                           Checksum : 43
[0006]                             Oem ID : "TWAIN "
[0001]                           Revision : 02
[0004]                       RSDT Address : 00000000
[0004]                             Length : 00000024
[0008]                       XSDT Address : 00000000000E0100
[0001]                  Extended Checksum : DC
[0003]                           Reserved : 000000
