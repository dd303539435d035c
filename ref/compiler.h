/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the compiler is told about how often code runs; it decides size against speed by that. */
#ifndef REF_COMPILER_H
#define REF_COMPILER_H

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* A function that each packet goes through. */
#if defined(__GNUC__)
#define REF_HOT	     __attribute__((hot))
#define REF_NOINLINE __attribute__((noinline))
/* One of few callers of a part of the hot way, where a call would cost more than the part. */
#define REF_INLINE   __attribute__((always_inline)) static inline
#else
#define REF_HOT
#define REF_NOINLINE
#define REF_INLINE static inline
#endif

#endif
