// SPDX-License-Identifier: MIT
/// @file
/// @brief The walk that a processor makes for an address, reference by reference, over pages that were read.
/// @chapter nested-faults
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "debugger-ui/model/entry.h"
#include "debugger-ui/model/pages.h"

namespace debugger {

/// What an address means, and with that, which tables translate it.
enum class AddressKind : u8 {
    Ring3,      ///< a virtual address of the process: the host halves
    GuestPhys,  ///< a guest-physical address: the nested halves
    GuestVirt,  ///< a guest-virtual address: the guest's own tables, each reference to them through the nested halves
};
enum class Access : u8 { Read, Write, Execute };
/// Whether entries that are not for ring 3 stop a walk through the host halves.
enum class Privilege : u8 { User, Supervisor };

/// Why a walk ends without a frame.
enum class WalkFault : u8 {
    None,
    NotPresent,
    NotWritable,
    NotExecutable,
    NotUser,
    NotCanonical,
    BeyondWindow,   ///< a guest-physical address of more than 39 bits
    ReservedBits,   ///< an entry that the processor refuses
    PageNotKnown,   ///< the table's page was not read: a limit of the picture, not of the machine
    UnknownPaging,  ///< the guest uses a paging mode that this walk does not follow
};
const char* explain(WalkFault fault);

enum class WalkTable : u8 { Host, Nested, Guest };

/// One reference to memory: the processor reads one entry.
struct WalkStep {
    WalkTable table;
    unsigned level;        ///< of the entry, 4 to 1
    unsigned guest_level;  ///< of a two-dimensional walk: the guest's level that this serves; 0: the address itself
    unsigned index;        ///< in its table
    PhysAddr place;        ///< of the entry; of no meaning where the fault is PageNotKnown
    u64 target;            ///< the address that this table translates
    u64 entry;
    WalkFault fault;  ///< what goes wrong here
};

/// What a processor needs to know of a guest to walk its tables.
struct GuestPaging {
    u64 cr0 = 0, cr3 = 0, cr4 = 0, efer = 0;
    bool operator==(const GuestPaging&) const = default;
};

struct WalkQuestion {
    AddressKind kind = AddressKind::GuestPhys;
    u64 address = 0;
    Access access = Access::Read;
    PhysAddr root{};  ///< the root pair
    NestedFormat format = NestedFormat::Npt;
    GuestPaging guest{};  ///< for GuestVirt
    Privilege privilege = Privilege::User;
    bool operator==(const WalkQuestion&) const = default;
};

struct Walk {
    WalkQuestion question;
    std::vector<WalkStep> steps;
    WalkFault fault = WalkFault::None;
    std::optional<u64> guest_phys;      ///< of a guest-virtual address, once its guest tables were walked
    std::optional<PhysAddr> host_phys;  ///< where the byte is, when nothing went wrong
    unsigned page_level = 0;            ///< of the leaf that gave it
};

/// Walks. A loop in hostile tables does not matter: each of at most 24 references goes down one level.
Walk walk(PageSource& pages, const WalkQuestion& question);

/// One line a reference, and the outcome: for copying.
std::string text_of(const Walk& walk);
std::string text_of(const WalkStep& step, NestedFormat format);

}  // namespace debugger
