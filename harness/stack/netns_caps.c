/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Calls as one who may little: capabilities of this thread, set aside and taken back. */
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/stack/netns.h"

#define DROPPED (1u << CAP_NET_RAW | 1u << CAP_NET_ADMIN | 1u << CAP_NET_BIND_SERVICE)

/* What is effective becomes (it & keep) | add; returns what it was. */
static uint32_t change(uint32_t keep, uint32_t add)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint32_t was;

	if (syscall(SYS_capget, &head, data) < 0)
		return 0;
	was = data[0].effective;
	data[0].effective = (was & keep) | add;
	syscall(SYS_capset, &head, data);
	return was;
}

uint32_t netns_caps_drop(void)
{
	return change(~DROPPED, 0) & DROPPED;
}

void netns_caps_raise(uint32_t caps)
{
	change(UINT32_MAX, caps);
}
