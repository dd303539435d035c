/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

const struct ref_part ref_part_dev = { .name = "dev" };

struct net_device *dev_get_by_index(struct ref *net, int ifindex)
{
	return ifindex > 0 && ifindex <= net->dev_nr ? &net->dev[ifindex - 1] : NULL;
}
struct net_device *dev_get_by_name(struct ref *net, const char *name)
{
	(void)net, (void)name;
	return NULL;
}
void netif_receive_skb(struct sk_buff *skb, struct net_device *dev)
{
	ip_rcv(skb, dev);
}
void process_backlog(struct ref *net)
{
	(void)net;
}
