/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include <stdio.h>

int main(void)
{
	fprintf(stderr, "netparity: nothing here yet\n");
	return 2;
}
