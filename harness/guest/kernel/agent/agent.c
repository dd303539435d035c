/* SPDX-License-Identifier: GPL-2.0 */
/* The agent's device: doorbell and calls. See agent_abi.h. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/moduleparam.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "harness/guest/kernel/agent/agent.h"
#include "harness/step.h"

/* User-Mode Linux's own, which no header for drivers declares. */
extern unsigned long find_iomem(char *driver, unsigned long *len_out);
extern int os_read_file(int fd, void *buf, int len);
extern int os_write_file(int fd, const void *buf, int count);

static int bell = -1; /* the host's descriptor of the doorbell */
module_param(bell, int, 0444);
static struct guest_shm *shm;

struct agent_world agent_world;

/* ---- the doorbell ---- */

/* Blocks the whole guest: its clock stands still. */
static int await(void)
{
	char octet;
	int n;

	do {
		n = os_read_file(bell, &octet, 1);
	} while (n == -EINTR);
	if (n == 1)
		return 0;
	return n ? n : -EPIPE;
}

static int ring(void)
{
	static const char octet = GUEST_RING;
	int n;

	do {
		n = os_write_file(bell, &octet, 1);
	} while (n == -EINTR);
	return n == 1 ? 0 : -EPIPE;
}

static ssize_t agent_read(struct file *file, char __user *buf, size_t len, loff_t *at)
{
	int err;

	while (!(err = await())) {
		if (!agent_run(shm))
			return put_user((char)GUEST_RING, buf) ? -EFAULT : 1;
		err = ring();
		if (err)
			break;
	}
	return err;
}

static ssize_t agent_write(struct file *file, const char __user *buf, size_t len, loff_t *at)
{
	int err = ring();

	return err ? err : (ssize_t)len;
}

/* ---- the world ---- */

static void release_sockets(void)
{
	struct agent_world *w = &agent_world;
	uint32_t i;

	for (i = 0; i < w->sock_nr; i++)
		if (w->sock[i])
			sockfd_put(w->sock[i]);
	w->sock_nr = 0;
}

static void forget(void)
{
	struct agent_world *w = &agent_world;
	uint32_t i;

	release_sockets();
	for (i = 0; i < w->wire_nr; i++)
		if (w->wire_file[i])
			fput(w->wire_file[i]);
	memset(w, 0, sizeof(*w));
	agent_note_nr = 0;
}

/* A tap device, or a packet socket on the far end of a pair. */
static int take_wire(struct agent_world *w, uint32_t i, int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return -EBADF;
	w->wire_file[i] = file;
	w->wire[i] = tun_get_socket(file);
	if (IS_ERR(w->wire[i]))
		w->wire[i] = sock_from_file(file);
	return w->wire[i] ? 0 : -ENOTSOCK;
}

static int watch(const struct agent_watch *in)
{
	struct agent_world *w = &agent_world;
	int err = 0;
	uint32_t i;

	forget();
	if (in->wire_nr > AGENT_WIRE_MAX || in->sock_nr > AGENT_SOCK_MAX || !in->wire_nr ||
	    in->dev_nr > AGENT_DEV_MAX)
		return -EINVAL;
	for (i = 0; i < in->wire_nr && !err; i++) {
		w->wire_nr = i + 1;
		err = take_wire(w, i, in->wire[i]);
	}
	for (i = 0; i < in->sock_nr && !err; i++) {
		w->sock_nr = i + 1;
		w->sock_flags[i] = in->sock_flags[i];
		w->sock[i] = in->sock[i] < 0 ? NULL : sockfd_lookup(in->sock[i], &err);
	}
	if (err) {
		forget();
		return err;
	}
	w->dev_nr = in->dev_nr;
	memcpy(w->ifindex, in->ifindex, sizeof(w->ifindex));
	memcpy(w->reason, in->reason, sizeof(w->reason));
	w->net = sock_net(w->wire[0]->sk);
	agent_run_world();
	return 0;
}

static int watch_user(const void __user *from)
{
	struct agent_watch *in = memdup_user(from, sizeof(*in));
	int err;

	if (IS_ERR(in))
		return PTR_ERR(in);
	err = watch(in);
	kfree(in);
	return err;
}

/* ---- calls ---- */

static int name_user(unsigned int cmd, void __user *at)
{
	struct agent_name n;
	const char *name;

	if (copy_from_user(&n, at, sizeof(n)))
		return -EFAULT;
	name = cmd == AGENT_SYMBOL ? agent_note_symbol(n.of) : agent_note_reason(n.of);
	if (!name)
		return -ENOENT;
	strscpy(n.name, name, sizeof(n.name));
	return copy_to_user(at, &n, sizeof(n)) ? -EFAULT : 0;
}

static int drops_user(void __user *at)
{
	struct agent_drops d;

	if (copy_from_user(&d, at, sizeof(d)))
		return -EFAULT;
	d.nr = min(d.max, agent_note_nr);
	d.lost = agent_note_lost || d.nr < agent_note_nr;
	agent_note_nr = 0;
	agent_note_lost = false;
	if (copy_to_user((void __user *)d.to, agent_note, d.nr * sizeof(agent_note[0])))
		return -EFAULT;
	return copy_to_user(at, &d, sizeof(d)) ? -EFAULT : 0;
}

static int mibs_user(void __user *at)
{
	static uint64_t sum[AGENT_SUM_MAX];
	struct agent_mibs m;

	if (copy_from_user(&m, at, sizeof(m)))
		return -EFAULT;
	m.nr = agent_mib_nr;
	if (agent_world.net && m.max >= m.nr) {
		agent_mib_read(agent_world.net, sum);
		if (copy_to_user((void __user *)m.to, sum, m.nr * sizeof(sum[0])))
			return -EFAULT;
	}
	return copy_to_user(at, &m, sizeof(m)) ? -EFAULT : 0;
}

static long agent_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *at = (void __user *)arg;
	struct agent_counts counts;

	switch (cmd) {
	case AGENT_REASON:
	case AGENT_SYMBOL:
		return name_user(cmd, at);
	case AGENT_RUNNING:
		agent_note_running = arg;
		return 0;
	case AGENT_DROPS:
		return drops_user(at);
	case AGENT_MIBS:
		return mibs_user(at);
	case AGENT_LAYOUT:
		return put_user(AGENT_LAYOUT_NOW, (uint32_t __user *)at);
	case AGENT_LEARN:
		agent_mib_learn(current->nsproxy->net_ns);
		return 0;
	case AGENT_COUNTS:
		if (copy_from_user(&counts, at, sizeof(counts)))
			return -EFAULT;
		return agent_run_counts(&counts);
	case AGENT_WATCH:
		return watch_user(at);
	case AGENT_FORGET:
		forget();
		return 0;
	case AGENT_RELEASE:
		release_sockets();
		return 0;
	case AGENT_PANIC:
		panic("asked for");
	}
	return -ENOTTY;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.read = agent_read,
	.write = agent_write,
	.unlocked_ioctl = agent_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "netparity-agent",
	.fops = &fops,
	.mode = 0600,
};

static int __init agent_init(void)
{
	unsigned long len = 0;

	if (bell < 0)
		return 0;
	shm = (struct guest_shm *)find_iomem("mmapper", &len);
	if (!shm || len < GUEST_MEM_LEN) {
		pr_err("netparity-agent: no shared memory\n");
		return -ENODEV;
	}
	agent_mib_init();
	return agent_note_init() ?: misc_register(&device);
}

/* vxlan is registered late: behind it. */
late_initcall_sync(agent_init);
