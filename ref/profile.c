/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The table of version differences, and the names of the profiles. */
#include "ref/profile.h"

#include <string.h>

const struct ref_diff_row ref_diff_table[DIFF_NR] = {
#define X(name, since, what) [DIFF_##name] = { #name, since, what },
	REF_DIFFS(X)
#undef X
};

static const char *const profile_names[REF_PROFILE_NR] = {
	[REF_LINUX_6_1] = "6.1",
	[REF_LINUX_6_12] = "6.12",
	[REF_LINUX_6_18] = "6.18",
};

const char *ref_profile_name(enum ref_profile profile)
{
	return profile_names[profile];
}

int ref_profile_by_name(const char *name)
{
	for (int i = 0; i < REF_PROFILE_NR; i++)
		if (strcmp(name, profile_names[i]) == 0)
			return i;
	return -1;
}
