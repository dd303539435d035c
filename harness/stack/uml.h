/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The `uml` stack: a Linux of a chosen version as a process (User-Mode Linux), for an ordinary
 * user. Inside it harness/guest/main.c runs the netns stack; uml.c is its proxy.
 *
 *   uml.c       the stack's calls, as messages
 *   uml_find.c  which kernel is meant, where the guest program is
 *   uml_boot.c  a guest's processes: start, watch, end
 *
 * A guest hangs on a small process of ours, the minder, which ends it and removes its one
 * temporary folder when this process is gone, by whatever end.
 */
#ifndef HARNESS_STACK_UML_H
#define HARNESS_STACK_UML_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "harness/errmsg.h"
#include "harness/guest/chan.h"

/* What `uml:ARG` says. */
struct uml_conf {
	char kernel[PATH_MAX]; /* the guest kernel: an executable */
	char program[PATH_MAX]; /* netparity-guest */
	bool agent; /* the kernel has our agent: a clock of its own, the fast lane */
	bool slow; /* ... which shall not be used */
	char wire[16]; /* argument of the netns stack inside; "": what it takes itself */
};

/* -EINVAL, or -ENODEV with the command that helps in the message and in remedy (may be NULL). */
int uml_find(const char *arg, struct uml_conf *ret, struct errmsg *e, struct errmsg *remedy);

/* Path of the script that builds guest kernels; room for PATH_MAX. -ENODEV. */
int uml_find_builder(char *ret, struct errmsg *e);
/* Where it puts them, a folder for each: room for PATH_MAX. */
void uml_cache_dir(char *ret);

/* A guest that runs. */
struct uml_guest {
	pid_t minder;
	int ctl; /* to the minder; its end is the guest's end */
	int console; /* a file without a name: all that the kernel and the program said */
	struct guest_shm *shm;
	struct guest_chan chan;
};

void uml_guest_init(struct uml_guest *g);
/* Start it; its first message is still to come. */
int uml_guest_start(struct uml_guest *g, const struct uml_conf *conf, struct errmsg *e);
/* The guest is up: what starting needed of the file system goes away. */
void uml_guest_settled(struct uml_guest *g);
/* End it and wait until nothing is left; fine for one that has ended, or never began. */
void uml_guest_stop(struct uml_guest *g);
/*
 * The line of the console that says best why it ended (the panic's, else the last), into text;
 * "" if it said nothing.
 */
void uml_guest_why(const struct uml_guest *g, char *text, size_t size);

struct stack;

/*
 * For tests: the guest of this uml stack shall "panic", "hang", or do nothing (any other word);
 * from now on it has so long for an answer. As stack_ops.run().
 */
int uml_try(struct stack *stack, const char *word, int patience_ms, struct errmsg *e);

#endif
