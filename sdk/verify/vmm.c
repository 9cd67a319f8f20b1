// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM with one vCPU, RAM, and at most one BAR.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

#define PAGE 4096UL

static void *anonymous(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int set_registers(struct vmm *vmm, uint64_t reg)
{
	struct kvm_regs regs = { .rip = GUEST_CODE, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vmm->vcpu, KVM_GET_SREGS, &sregs))
		return -1;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.ds.base = 0;
	sregs.ds.selector = 0;
	sregs.es.base = GUEST_BAR + reg % PAGE;
	sregs.es.selector = 0;
	if (ioctl(vmm->vcpu, KVM_SET_SREGS, &sregs))
		return -1;
	return ioctl(vmm->vcpu, KVM_SET_REGS, &regs);
}

int vmm_create(struct vmm *vmm, struct guest_code code, uint64_t reg, struct failure *failure)
{
	int size;

	memset(vmm, 0, sizeof(*vmm));
	vmm->vm = vmm->vcpu = -1;
	vmm->run = MAP_FAILED;
	vmm->ram = anonymous(GUEST_RAM_SIZE);
	vmm->dummy = anonymous(PAGE);
	vmm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vmm->kvm < 0)
		return fail(failure, "/dev/kvm cannot be opened: has the CPU SVM or VMX?");
	if (vmm->ram == MAP_FAILED || vmm->dummy == MAP_FAILED)
		return fail(failure, "no memory for the guest");
	vmm->vm = ioctl(vmm->kvm, KVM_CREATE_VM, 0);
	if (vmm->vm < 0)
		return fail(failure, "KVM_CREATE_VM");
	vmm->vcpu = ioctl(vmm->vm, KVM_CREATE_VCPU, 0);
	if (vmm->vcpu < 0)
		return fail(failure, "KVM_CREATE_VCPU");
	size = ioctl(vmm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		return fail(failure, "KVM_GET_VCPU_MMAP_SIZE");
	vmm->run_size = size;
	vmm->run = mmap(NULL, vmm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vmm->vcpu, 0);
	if (vmm->run == MAP_FAILED)
		return fail(failure, "mmap() of the vCPU");
	memcpy((char *)vmm->ram + GUEST_CODE, code.start, code.size);
	vmm->mailbox = (struct mailbox *)((char *)vmm->ram + GUEST_MAILBOX);
	if (vmm_set_slot(vmm, SLOT_RAM, 0, vmm->ram, GUEST_RAM_SIZE, 0) ||
	    vmm_set_slot(vmm, SLOT_DUMMY, GUEST_DUMMY, vmm->dummy, PAGE, 0))
		return fail(failure, "KVM_SET_USER_MEMORY_REGION of RAM");
	if (set_registers(vmm, reg))
		return fail(failure, "KVM_SET_SREGS or KVM_SET_REGS");
	return 0;
}

void vmm_destroy(struct vmm *vmm)
{
	if (vmm->run != MAP_FAILED)
		munmap(vmm->run, vmm->run_size);
	if (vmm->vcpu >= 0)
		close(vmm->vcpu);
	if (vmm->vm >= 0)
		close(vmm->vm);
	if (vmm->kvm >= 0)
		close(vmm->kvm);
	if (vmm->ram != MAP_FAILED)
		munmap(vmm->ram, GUEST_RAM_SIZE);
	if (vmm->dummy != MAP_FAILED)
		munmap(vmm->dummy, PAGE);
}

int vmm_set_slot(struct vmm *vmm, enum vmm_slot slot, uint64_t guest, void *host, uint64_t size,
		 uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = guest,
		.memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};

	return ioctl(vmm->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

/*
 * Any change makes a new generation of all slots. Deleting or moving one would
 * also drop all that KVM has mapped, and hide the bug; a flag does not.
 */
int vmm_update_slots(struct vmm *vmm)
{
	vmm->dummy_logs = !vmm->dummy_logs;
	return vmm_set_slot(vmm, SLOT_DUMMY, GUEST_DUMMY, vmm->dummy, PAGE,
			    vmm->dummy_logs ? KVM_MEM_LOG_DIRTY_PAGES : 0);
}

/*
 * The kernel answers, by the same file that the BAR is mapped from. Only what
 * it refuses is answered as the bus does: all ones, or dropped.
 */
static bool answer_mmio(struct vmm *vmm)
{
	struct kvm_run *run = vmm->run;
	uint32_t length = run->mmio.len;
	uint64_t inside = run->mmio.phys_addr - GUEST_BAR;
	uint64_t offset;

	vmm->exits.mmio++;
	if (!vmm->bar || run->mmio.phys_addr < GUEST_BAR || inside + length > PAGE)
		return false;
	offset = vmm->bar->offset + (vmm->bar->reg & ~(PAGE - 1)) + inside;
	if (run->mmio.is_write) {
		vmm->exits.writes++;
		if (pwrite(vmm->bar->device->device, run->mmio.data, length, offset) != length)
			vmm->exits.write_errors++;
	} else {
		vmm->exits.reads++;
		if (pread(vmm->bar->device->device, run->mmio.data, length, offset) != length) {
			vmm->exits.read_errors++;
			memset(run->mmio.data, 0xff, length);
		}
	}
	return true;
}

enum vmm_stop vmm_step(struct vmm *vmm)
{
	for (;;) {
		if (ioctl(vmm->vcpu, KVM_RUN, 0)) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return VMM_ERROR;
		}
		switch (vmm->run->exit_reason) {
		case KVM_EXIT_IO:
			return vmm->run->io.port == GUEST_PORT ? VMM_STEP : VMM_STRANGE;
		case KVM_EXIT_MMIO:
			if (!answer_mmio(vmm))
				return VMM_UNCLAIMED;
			break;
		default:
			return VMM_STRANGE;
		}
	}
}
