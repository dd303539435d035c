/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Lines are drawn one by one and tried on a scratch host of the reference; what it refuses (a value
 * out of range, an address in use, an option of another kind of socket) is left out.
 */
#include "fuzz/gen_world.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "fuzz/gen.h"
#include "fuzz/host.h"
#include "harness/world/sockopt.h"

#define NR(a)	    (sizeof(a) / sizeof((a)[0]))
#define SOCKETS_MAX 10
#define PLAIN_EACH  8 /* one world in so many is the plain one */
#define SCRATCH_LEN ((size_t)1 << 20)

struct maker {
	struct rng rng;
	struct world *w;
	struct fuzz_host scratch;
	struct errmsg *e;
	int err;
};

/* ---- what is not drawn, and why ---- */

struct never {
	const char *name, *why;
};

static const struct never never_sysctl[] = {
	{ "icmp_ratelimit", "depends on the time between packets" },
	{ "icmp_ratemask", "set to 0: else answers depend on the time between packets" },
	{ "send_redirects", "set to 0: else redirects depend on the time between packets" },
	{ "icmp_msgs_per_sec", "depends on the time between packets" },
	{ "icmp_msgs_burst", "depends on the time between packets" },
	{ "ipfrag_time", "set so that no queue times out while a batch runs" },
	{ "ipfrag_high_thresh",
	  "when it is reached depends on how the kernel's CPUs share memory" },
	{ "ipfrag_low_thresh", "the same" },
	{ "mtu_expires", "time" },
};

static const struct never never_option[] = {
	{ "SO_TIMESTAMP", "the clock" },
	{ "SO_TIMESTAMPNS", "the clock" },
	{ "SO_TIMESTAMPING", "the clock" },
	{ "SO_INCOMING_CPU", "which CPU the other stack runs on" },
	{ "SO_BINDTODEVICE", "written as `dev`" },
	{ "SO_RCVBUF", "when it is full depends on how often it is read" },
	{ "SO_RCVBUFFORCE", "the same" },
	{ "UDP_ENCAP", "takes datagrams out of the socket's hands" },
};

static bool is_never(const struct never *list, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (strstr(name, list[i].name))
			return true;
	return false;
}

/* ---- lines ---- */

/* Take the line if the reference does. Returns whether it did. */
__attribute__((format(printf, 2, 3))) static bool line(struct maker *m, const char *format, ...)
{
	char text[WORLD_LINE_MAX];
	struct errmsg refused;
	va_list ap;

	if (m->err < 0)
		return false;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (fuzz_host_line(&m->scratch, text, &refused) < 0)
		return false;
	m->err = world_add_line(m->w, text, (unsigned int)m->w->line_nr + 1, m->e);
	return m->err == 0;
}

static bool chance(struct maker *m, uint32_t n)
{
	return rng_one_in(&m->rng, n);
}

#define PICK(m, list) ((list)[rng_below(&(m)->rng, NR(list))])

static void links(struct maker *m, struct gen_shape *shape)
{
	static const int mtus[] = { 1500, 1400, 576, 68, 9000, 1280 };

	shape->wire_nr = chance(m, 3) ? 2 : 1;
	line(m, "wire eth0");
	if (shape->wire_nr == 2)
		line(m, "wire eth1");
	/* Answers leave at once: nobody is there to answer ARP. */
	line(m, "link set dev eth0 arp off");
	if (shape->wire_nr == 2)
		line(m, "link set dev eth1 arp off");
	if (chance(m, 4))
		line(m, "link set dev eth0 mtu %d", PICK(m, mtus));
	if (chance(m, 8))
		line(m, "link set dev eth0 promisc on");
	if (chance(m, 8))
		line(m, "link set dev eth0 allmulticast on");
}

static void addresses(struct maker *m, const struct gen_shape *shape)
{
	static const char *const first[] = { "10.0.0.1/8 brd +", "10.0.0.1/8 brd +",
					     "10.0.0.1/8",	 "10.0.0.1/24 brd +",
					     "10.0.0.1/32",	 "10.0.0.1/8 brd + noprefixroute" };

	line(m, "addr add %s dev eth0", PICK(m, first));
	if (!chance(m, 4))
		line(m, "addr add 10.0.0.3/8 dev eth0");
	if (shape->wire_nr == 2 && !chance(m, 4))
		line(m, "addr add 192.168.7.1/24 brd + dev eth1");
	if (chance(m, 6))
		line(m, "addr add 192.0.2.1/32 dev lo");
	if (chance(m, 8))
		line(m, "addr add 10.0.0.200/32 dev eth0 scope link");
}

static void routes(struct maker *m, const struct gen_shape *shape)
{
	static const char *const kinds[] = { "unreachable", "prohibit", "blackhole" };

	if (!chance(m, 4))
		line(m, "route add default via 10.0.0.254 dev eth0");
	else if (chance(m, 2))
		line(m, "route add default dev eth0");
	if (chance(m, 6))
		line(m, "route add %s 10.64.0.0/10", PICK(m, kinds));
	if (chance(m, 6))
		line(m, "route add 10.32.0.0/11 via 10.0.0.254 dev eth0 mtu lock 552");
	if (chance(m, 6))
		line(m, "route add 10.32.0.0/12 dev eth0 src 10.0.0.3");
	if (shape->wire_nr == 2 && chance(m, 3))
		line(m, "route add 10.48.0.0/12 dev eth1");
	if (chance(m, 8))
		line(m, "route add local 192.0.2.0/24 dev lo");
}

static void sysctls(struct maker *m, const struct gen_shape *shape)
{
	static const int values[] = { 0, 1, 2, 3, 64, 255 };
	size_t nr;
	const struct ref_sysctl *table = ref_sysctl_table(&nr);

	line(m, "sysctl net.ipv4.icmp_ratemask=0");
	line(m, "sysctl net.ipv4.ipfrag_time=86400");
	line(m, "sysctl net.ipv4.conf.all.send_redirects=0");
	line(m, "sysctl net.ipv4.conf.eth0.send_redirects=0");
	if (shape->wire_nr == 2)
		line(m, "sysctl net.ipv4.conf.eth1.send_redirects=0");
	line(m, "sysctl net.ipv4.ipfrag_max_dist=%d", chance(m, 2) ? 0 : 64);
	for (size_t i = 0; i < nr; i++) {
		const char *devs[] = { "all", "default", "eth0", "lo", "eth1" };
		char key[128];

		if (!chance(m, 8) || is_never(never_sysctl, NR(never_sysctl), table[i].key) ||
		    strstr(table[i].key, "ipfrag_max_dist"))
			continue;
		if (table[i].per_dev) {
			const char *dev = devs[rng_below(&m->rng, shape->wire_nr == 2 ? 5 : 4)];
			const char *at = strstr(table[i].key, "%s");

			if (!at)
				continue;
			snprintf(key, sizeof(key), "%.*s%s%s", (int)(at - table[i].key),
				 table[i].key, dev, at + 2);
		} else {
			snprintf(key, sizeof(key), "%s", table[i].key);
		}
		line(m, "sysctl %s=%d", key, PICK(m, values));
	}
}

/* ---- sockets ---- */

/* The value of an option by its form; false: none is drawn. */
static bool option_value(struct maker *m, enum sockopt_form form, char *buf, size_t size)
{
	static const int ints[] = { 0, 1, 1, 1, 2, 3, 8, 64, 255 };
	static const char *const groups[] = { "239.1.1.1", "239.1.1.2", "224.0.0.1" };
	static const char *const sources[] = { "10.16.0.1", "10.16.0.9", "10.0.0.254" };

	switch (form) {
	case SOCKOPT_INT:
		snprintf(buf, size, "%d", PICK(m, ints));
		return true;
	case SOCKOPT_DEV_IDX:
	case SOCKOPT_DEV_IDX_BE:
		snprintf(buf, size, "eth0");
		return true;
	case SOCKOPT_MREQN:
	case SOCKOPT_GROUP:
		snprintf(buf, size, "%s@eth0", PICK(m, groups));
		return true;
	case SOCKOPT_MREQ_SOURCE:
		snprintf(buf, size, "%s,%s@10.0.0.1", PICK(m, groups), PICK(m, sources));
		return true;
	case SOCKOPT_GROUP_SOURCE:
		snprintf(buf, size, "%s,%s@eth0", PICK(m, groups), PICK(m, sources));
		return true;
	case SOCKOPT_MSFILTER:
		snprintf(buf, size, "%s@10.0.0.1:%s,%s", PICK(m, groups),
			 chance(m, 2) ? "include" : "exclude", PICK(m, sources));
		return true;
	case SOCKOPT_DEV_NAME:
	case SOCKOPT_MCAST_IF:
	case SOCKOPT_HEX:
	case SOCKOPT_U16:
	case SOCKOPT_U64:
	case SOCKOPT_PKTINFO:
	case SOCKOPT_FORM_NR:
		break;
	}
	return false;
}

static size_t put(char *text, size_t size, size_t at, const char *format, const char *a,
		  const char *b)
{
	int n = at < size ? snprintf(text + at, size - at, format, a, b) : 0;

	return n > 0 ? at + (size_t)n : at;
}

/* Up to three options, from all that there are. */
static size_t options(struct maker *m, char *text, size_t size, size_t at)
{
	for (uint32_t n = rng_below(&m->rng, 4); n > 0; n--) {
		const struct sockopt *opt = &sockopts[rng_below(&m->rng, (uint32_t)sockopt_nr)];
		char value[80];

		if (is_never(never_option, NR(never_option), opt->text) ||
		    !option_value(m, opt->form, value, sizeof(value)))
			continue;
		at = put(text, size, at, " opt %s=%s", opt->text, value);
	}
	return at;
}

static void one_socket(struct maker *m, struct gen_shape *shape)
{
	static const char *const kinds[] = { "udp",	"udp",
					     "udp",	"udplite",
					     "raw 200", "raw 1",
					     "raw 17",	"raw 255 opt IP_HDRINCL=1",
					     "ping" };
	static const char *const binds[] = { "0.0.0.0",	 "0.0.0.0",   "10.0.0.1",
					     "10.0.0.3", "239.1.1.1", "10.255.255.255" };
	static const char *const ports[] = { "7777", "7778", "7779", "9" };
	const char *kind = PICK(m, kinds);
	bool raw = strncmp(kind, "raw", 3) == 0;
	char text[1024], name[16];
	size_t at;
	bool held = chance(m, 10);

	/* A name of its own, also after one that was refused. */
	snprintf(name, sizeof(name), "s%zu", m->scratch.w.socket_nr);
	at = put(text, sizeof(text), 0, "socket %s %s", name, kind);
	if (chance(m, 4))
		at = put(text, sizeof(text), at, " opt %s=1%s",
			 chance(m, 2) ? "SO_REUSEADDR" : "SO_REUSEPORT", "");
	if (raw ? chance(m, 4) : !chance(m, 8))
		at = raw ? put(text, sizeof(text), at, " bind %s%s", PICK(m, binds), "")
			 : put(text, sizeof(text), at, " bind %s:%s", PICK(m, binds),
			       PICK(m, ports));
	if (chance(m, 10))
		at = put(text, sizeof(text), at, " connect 10.16.0.%s:%s", chance(m, 2) ? "1" : "7",
			 raw ? "0" : "2000");
	at = options(m, text, sizeof(text), at);
	if (chance(m, 10))
		at = put(text, sizeof(text), at, " dev %s%s", "eth0", "");
	if (chance(m, 6))
		at = put(text, sizeof(text), at, " plain%s%s", "", "");
	if (held)
		put(text, sizeof(text), at, " hold%s%s", "", "");
	if (!line(m, "%s", text))
		return;
	shape->held |= (uint64_t)held << shape->socket_nr;
	shape->socket_nr++;
}

static void plain(struct maker *m, struct gen_shape *shape)
{
	const char *text = gen_world;

	shape->wire_nr = 1;
	while (*text) {
		const char *end = strchr(text, '\n');

		line(m, "%.*s", (int)(end - text), text);
		text = end + 1;
	}
	shape->socket_nr = (uint32_t)m->w->socket_nr;
}

int gen_world_make(struct world *ret, struct gen_shape *ret_shape, uint64_t seed, struct errmsg *e)
{
	struct maker m = { .rng = { seed ^ 0x776f726c64u }, .w = ret, .e = e };
	char name[64];

	*ret_shape = (struct gen_shape){ .wire_nr = 1 };
	snprintf(name, sizeof(name), "the fuzzer's world %llu", (unsigned long long)seed);
	world_init(ret, name);
	m.err = fuzz_host_open(&m.scratch, REF_LINUX_6_18, SCRATCH_LEN, e);
	if (m.err == 0 && seed % PLAIN_EACH == 0) {
		plain(&m, ret_shape);
	} else if (m.err == 0) {
		links(&m, ret_shape);
		addresses(&m, ret_shape);
		routes(&m, ret_shape);
		sysctls(&m, ret_shape);
		for (uint32_t n = 1 + rng_below(&m.rng, SOCKETS_MAX); n > 0; n--)
			one_socket(&m, ret_shape);
		/* Swarm: what is not there leaves room for the rest. */
		for (unsigned int kind = 0; kind < 64; kind++)
			if (chance(&m, 4))
				ret_shape->kinds_off |= UINT64_C(1) << kind;
	}
	fuzz_host_close(&m.scratch);
	if (m.err == 0)
		m.err = world_finish(ret, e);
	if (m.err == 0) {
		/* Raw ones too: what a socket of another kind reads is no IP header. */
		int idx = world_step_socket(ret, "case", true, e);

		m.err = idx < 0 ? idx : 0;
		ret_shape->call_sock = (uint16_t)(idx < 0 ? 0 : idx);
	}
	if (m.err < 0)
		world_done(ret);
	return m.err;
}
