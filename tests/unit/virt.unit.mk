# Ring V on this machine.

VIRT_SOURCES := kernel/virt/local_apic.cpp kernel/virt/apic_timer.cpp kernel/virt/cpuid_policy.cpp kernel/virt/msr_policy.cpp \
    kernel/virt/paravirtual_clock.cpp kernel/virt/settle.cpp kernel/virt/vcpu.cpp \
    kernel/virt/vcpu_report.cpp kernel/lib/format.cpp

unit_local_apic_sources := kernel/virt/local_apic.cpp
unit_svm_instruction_sources := kernel/virt/svm/instruction.cpp $(MM_SOURCES) $(HOST_KERNEL)
unit_cpuid_policy_sources := kernel/virt/cpuid_policy.cpp
unit_vcpu_sources := tests/unit/vcpu_script.cpp $(VIRT_SOURCES) $(MM_SOURCES) $(HOST_KERNEL)
unit_vmcs_sources := kernel/virt/vmx/controls.cpp kernel/virt/vmx/decode.cpp $(MM_SOURCES) $(HOST_KERNEL)
