/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Packet buffers: keeping without a second copy, memory at its end, and what the kernel charges:
 * those figures were read on Linux 6.18 from SO_MEMINFO of a raw socket that had just received the
 * frame (or the datagram glued from the fragments).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ref/net.h"

static struct ref *host(enum ref_profile profile, enum ref_wire wire, size_t arena_len)
{
	const struct ref_config config = { .profile = profile,
					   .wire = wire,
					   .arena_len = arena_len };
	struct ref *net = ref_new(&config);

	assert_non_null(net);
	return net;
}

static struct sk_buff *slot(struct ref *net, const uint8_t *octets, size_t len)
{
	struct sk_buff *skb = &net->rx_skb;

	*skb = (struct sk_buff){
		.net = net, .borrowed = true, .slot = true, .len = len, .room = (uint32_t)len
	};
	/* As the event's frame: nothing writes it. */
	skb->head = skb->data = (uint8_t *)(uintptr_t)octets;
	return skb;
}

static void truesize(void **state)
{
	static const struct {
		enum ref_wire wire;
		uint32_t frame_len, truesize;
	} cases[] = {
		{ REF_WIRE_TAP, 34, 704 },	{ REF_WIRE_TAP, 64, 704 },
		{ REF_WIRE_TAP, 65, 768 },	{ REF_WIRE_TAP, 1514, 2176 },
		{ REF_WIRE_TAP, 3456, 4096 },	{ REF_WIRE_TAP, 3457, 4352 },
		{ REF_WIRE_TAP, 3712, 4352 },	{ REF_WIRE_TAP, 3713, 8448 },
		{ REF_WIRE_TAP, 7808, 8448 },	{ REF_WIRE_TAP, 7809, 12544 },
		{ REF_WIRE_TAP, 65234, 69888 }, { REF_WIRE_VETH, 34, 832 },
		{ REF_WIRE_VETH, 240, 832 },	{ REF_WIRE_VETH, 241, 1280 },
		{ REF_WIRE_VETH, 688, 1280 },	{ REF_WIRE_VETH, 689, 2304 },
		{ REF_WIRE_VETH, 1712, 2304 },	{ REF_WIRE_VETH, 1713, 4352 },
		{ REF_WIRE_VETH, 3761, 8448 },	{ REF_WIRE_VETH, 4079, 8448 },
		{ REF_WIRE_VETH, 4080, 4928 },	{ REF_WIRE_VETH, 4110, 4928 },
		{ REF_WIRE_VETH, 4111, 9024 },	{ REF_WIRE_VETH, 61534, 66368 },
	};
	struct ref *net = host(REF_LINUX_6_18, REF_WIRE_TAP, 0);
	struct sk_buff *skb = slot(net, NULL, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		net->wire = cases[i].wire;
		skb_charge_rx(skb, cases[i].frame_len);
		assert_int_equal(skb->truesize, cases[i].truesize);
	}
	/* Without the cache of short heads: from kmalloc-512. */
	net->profile = REF_LINUX_6_1;
	net->wire = REF_WIRE_VETH;
	skb_charge_rx(skb, 34);
	assert_int_equal(skb->truesize, 768);
	ref_free(net);
}

/* nr fragments of `len` octets each, behind an Ethernet and a 20-octet IP header, then one more. */
static uint32_t glued(struct ref *net, uint32_t nr, uint32_t len, uint32_t last_len)
{
	struct sk_buff *skb = slot(net, NULL, 0);
	struct skb_glue glue;

	skb_charge_rx(skb, 34 + len);
	skb_glue_begin(&glue, net, skb->shape, skb->truesize, 34 + len);
	for (uint32_t i = 1; i < nr; i++)
		skb_glue_add(&glue, skb->shape, skb->truesize, len);
	if (last_len) {
		skb_charge_rx(skb, 34 + last_len);
		skb_glue_add(&glue, skb->shape, skb->truesize, last_len);
	}
	return glue.truesize;
}

static void glue_charge(void **state)
{
	static const struct {
		enum ref_wire wire;
		uint32_t nr, len, last_len, truesize;
	} cases[] = {
		{ REF_WIRE_TAP, 1, 32, 40, 768 },      { REF_WIRE_TAP, 3, 8, 0, 704 },
		{ REF_WIRE_TAP, 10, 8, 0, 3840 },      { REF_WIRE_TAP, 30, 8, 0, 15360 },
		{ REF_WIRE_TAP, 1, 1480, 576, 3200 },  { REF_WIRE_TAP, 2, 1480, 0, 4096 },
		{ REF_WIRE_TAP, 3, 1480, 0, 6016 },    { REF_WIRE_TAP, 17, 1480, 0, 32896 },
		{ REF_WIRE_TAP, 18, 1480, 0, 34816 },  { REF_WIRE_TAP, 19, 1480, 0, 36992 },
		{ REF_WIRE_TAP, 30, 1480, 0, 60928 },  { REF_WIRE_VETH, 2, 32, 0, 832 },
		{ REF_WIRE_VETH, 10, 8, 0, 832 },      { REF_WIRE_VETH, 30, 8, 0, 3328 },
		{ REF_WIRE_VETH, 1, 1480, 576, 3584 }, { REF_WIRE_VETH, 18, 1480, 0, 41472 },
	};
	struct ref *net = host(REF_LINUX_6_18, REF_WIRE_TAP, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		net->wire = cases[i].wire;
		assert_int_equal(glued(net, cases[i].nr, cases[i].len, cases[i].last_len),
				 cases[i].truesize);
	}
	ref_free(net);
}

static void kept_once(void **state)
{
	static const uint8_t octets[200] = { 1, 2, 3 };
	struct ref *net = host(REF_LINUX_6_18, REF_WIRE_TAP, 0);
	struct sk_buff *skb = slot(net, octets, sizeof(octets)), *kept;
	size_t used = net->arena.used;
	uint8_t *head;

	(void)state;
	skb_pull(skb, 14);
	assert_true(skb_own(skb));
	head = skb->head;
	assert_ptr_not_equal(head, octets);
	kept = skb_keep(skb);
	assert_non_null(kept);
	assert_ptr_not_equal(kept, skb);
	assert_ptr_equal(kept->head, head);
	assert_ptr_equal(kept->data, head + 14);
	assert_int_equal(kept->len, 186);
	assert_false(kept->slot);
	assert_memory_equal(kept->head, octets, sizeof(octets));
	assert_ptr_equal(skb_keep(kept), kept);
	skb = skb_unkeep(kept);
	assert_ptr_equal(skb, &net->rx_skb);
	assert_ptr_equal(skb->head, head);
	consume_skb(skb);
	/* One block served it all, and is free again. */
	assert_int_equal(net->arena.used, used + arena_room(SKB_STRUCT_LEN + 200));
	assert_non_null(skb_keep(slot(net, octets, sizeof(octets))));
	assert_int_equal(net->arena.used, used + arena_room(SKB_STRUCT_LEN + 200));
	ref_free(net);
}

static size_t drops(struct ref *net)
{
	size_t nr = ref_pending(net)->obs_nr;

	obs_begin(net);
	return nr;
}

/* Fragments that hang behind a datagram are dropped with the last buffer that shares them. */
static void hanging_fragments(void **state)
{
	static const uint8_t octets[100];

	(void)state;
	for (int profile = 0; profile < REF_PROFILE_NR; profile++) {
		struct ref *net = host((enum ref_profile)profile, REF_WIRE_TAP, 1 << 20);
		struct sk_buff *skb = slot(net, octets, sizeof(octets)), *copy;

		assert_true(skb_own(skb));
		skb_hang(skb, 0);
		assert_null(skb->frag_list);
		skb_hang(skb, 27);
		copy = skb_copy(skb);
		obs_begin(net);
		consume_skb(skb);
		assert_int_equal(drops(net), 0);
		consume_skb(copy);
		assert_int_equal(drops(net), 27);

		skb = slot(net, octets, sizeof(octets));
		assert_true(skb_own(skb));
		skb_hang(skb, 3);
		kfree_skb(skb);
		assert_int_equal(drops(net), 4);

		skb = slot(net, octets, sizeof(octets));
		assert_true(skb_own(skb));
		skb_hang(skb, 3);
		__consume_stateless_skb(skb);
		assert_int_equal(drops(net), profile == REF_LINUX_6_1 ? 3 : 0);
		ref_free(net);
	}
}

static void no_memory(void **state)
{
	static const uint8_t octets[2000];
	struct ref *net = host(REF_LINUX_6_18, REF_WIRE_TAP, 4096);
	struct sk_buff *skb = slot(net, octets, sizeof(octets));

	(void)state;
	while (arena_alloc(&net->arena, 2048))
		;
	assert_false(skb_own(skb));
	assert_null(skb_keep(skb));
	assert_null(skb_copy(skb));
	assert_null(alloc_skb(net, 16, 2000));
	assert_ptr_equal(skb->head, octets);
	assert_true(skb->borrowed);
	ref_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truesize),  cmocka_unit_test(glue_charge),
		cmocka_unit_test(kept_once), cmocka_unit_test(hanging_fragments),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
