/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "sandbox/sandbox_internal.h"

/*
 * System calls that no command of ours makes: a foothold for breaking out,
 * for looking into other processes or for changing the machine. io_uring
 * would make calls past this filter. Calls of newer kernels that the
 * library does not know have a negative number and are passed over.
 */
static const int never[] = {
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
	SCMP_SYS(kcmp), SCMP_SYS(pidfd_getfd), SCMP_SYS(perf_event_open),
	SCMP_SYS(bpf), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root),
	SCMP_SYS(chroot), SCMP_SYS(move_mount), SCMP_SYS(open_tree),
	SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount),
	SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct),
	SCMP_SYS(quotactl), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid),
	SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
	SCMP_SYS(setgroups), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	SCMP_SYS(name_to_handle_at), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(personality), SCMP_SYS(syslog), SCMP_SYS(vhangup)
};

static const int exec_calls[] = { SCMP_SYS(execve), SCMP_SYS(execveat) };
static const int net_calls[] = {
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
	SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4)
};

static int
deny(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int failed = 0;
	size_t i;

	for (i = 0; failed == 0 && i < count; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
		    calls[i], 0);
	return failed;
}

#define DENY(filter, calls) \
	deny((filter), (calls), sizeof (calls) / sizeof (calls)[0])

/*
 * Programs started by a command speak to their helpers (gpg to its agent)
 * over local sockets; anything else goes through the network power.
 */
static int
deny_net(scmp_filter_ctx filter, unsigned powers)
{
	if (powers & MP_POWER_NET)
		return 0;
	if (powers & MP_POWER_EXEC)
		return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
		    SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
	return DENY(filter, net_calls);
}

/* Typing into the user's terminal would run commands after we end. */
static int
deny_typing(scmp_filter_ctx filter)
{
	int failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
	    SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu,
	    TIOCSTI));

	if (failed == 0)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
		    SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ,
		    0xffffffffu, TIOCLINUX));
	return failed;
}

enum mp_status
mp_seccomp_enter(const struct mp_sandbox *box, struct mp_err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int failed;

	if (filter == NULL)
		return mp_err_set(err, MP_RETRY,
		    "cannot make a system call filter");
	failed = DENY(filter, never);
	if (failed == 0 && !(box->powers & MP_POWER_EXEC))
		failed = DENY(filter, exec_calls);
	if (failed == 0)
		failed = deny_net(filter, box->powers);
	if (failed == 0)
		failed = deny_typing(filter);
	if (failed == 0)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	/* a kernel without filters says EINVAL: then there is one wall less */
	if (failed != 0 && failed != -EINVAL)
		return mp_err_sys(err, -failed,
		    "cannot load a system call filter");
	return MP_OK;
}
