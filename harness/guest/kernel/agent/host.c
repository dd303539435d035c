/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of the agent that is compiled against the host's C library, as User-Mode Linux's own
 * such parts are. The guest's randomness comes from the host's getrandom(); linked with
 * -Wl,--wrap=getrandom it comes from here, the same in each run.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

ssize_t __wrap_getrandom(void *buf, size_t len, unsigned int flags);

ssize_t __wrap_getrandom(void *buf, size_t len, unsigned int flags)
{
	static uint64_t state = 0x9e3779b97f4a7c15u; /* xorshift64 */
	uint8_t *to = buf;

	(void)flags;
	for (size_t i = 0; i < len; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		to[i] = (uint8_t)(state >> 32);
	}
	return (ssize_t)len;
}
