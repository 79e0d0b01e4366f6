// SPDX-License-Identifier: MIT
/// @file
/// @brief Where the stub is to stop the machine: INT3 planted in code, and the four debug registers.
/// @chapter observability
#pragma once

#include <optional>

#include "debug/stub_memory.h"
#include "x86/host_breakpoints.h"

namespace stub {

/// What a client asks for by Z0 .. Z4. x86 cannot watch reads alone (Z3).
enum class PointKind : u8 { Software, Hardware, Write, Access };

struct Point {
    PointKind kind;
    VirtAddr address;
    u64 bytes;
    bool operator==(const Point&) const = default;
};

/// INT3 in place of an instruction's first byte. Planted only while the machine runs: whoever looks at memory while it stands
/// sees what belongs there.
class SoftwarePoints {
   public:
    /// In the tables at `root`: of a process, or any for the kernel's half. False: no memory there, or too many.
    bool add(const Memory& memory, PhysAddr root, VirtAddr address);
    bool remove(VirtAddr address);
    void clear();

    /// Plants all whose page still is where it was: a process may have ended, or have got another page.
    /// `is_alive(root)`: whether it is still some process's root.
    void plant(const Memory& memory, bool (*is_alive)(PhysAddr root));
    /// Puts every byte back that still is an INT3 of ours.
    void lift();
    /// Whether an INT3 of ours is, or was before `lift`, at this place.
    bool has(PhysAddr place) const;

   private:
    static constexpr usize kMost = 256;
    struct Entry {
        VirtAddr address;
        PhysAddr root;
        PhysAddr place;
        u8 original;
        bool used;
        volatile u8* planted;  ///< where in the direct map an INT3 stands now; null: nowhere
    };
    Entry entries_[kMost] = {};
};

/// Breakpoints and watchpoints in DR0 .. DR3. One watchpoint takes as many as its aligned pieces of 1, 2, 4 or 8 bytes.
class HardwarePoints {
   public:
    /// False: the four registers do not suffice; nothing changed.
    bool add(const Point& point);
    bool remove(const Point& point);
    void clear();
    /// What the debug registers must hold.
    DebugRegisters registers() const;
    /// The point that DR6 reports to be hit.
    std::optional<Point> hit(u64 status) const;

   private:
    struct Slot {
        Point owner;
        VirtAddr address;
        u8 bytes;  ///< 0: free
    };
    Slot slots_[kDebugAddresses] = {};
};

}  // namespace stub
