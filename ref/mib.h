/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The counters, by the names of /proc/net/snmp and /proc/net/netstat. Add a counter: one line.
 * ICMP types have two arrays behind the list (IcmpMsg.InTypeN, IcmpMsg.OutTypeN).
 */
#ifndef REF_MIB_H
#define REF_MIB_H

#define REF_MIBS(X)                                                                                \
	X(IP_INRECEIVES,	"Ip.InReceives")                                                   \
	X(IP_INHDRERRORS,	"Ip.InHdrErrors")                                                  \
	X(IP_INADDRERRORS,	"Ip.InAddrErrors")                                                 \
	X(IP_FORWDATAGRAMS,	"Ip.ForwDatagrams")                                                \
	X(IP_INUNKNOWNPROTOS,	"Ip.InUnknownProtos")                                              \
	X(IP_INDISCARDS,	"Ip.InDiscards")                                                   \
	X(IP_INDELIVERS,	"Ip.InDelivers")                                                   \
	X(IP_OUTREQUESTS,	"Ip.OutRequests")                                                  \
	X(IP_OUTDISCARDS,	"Ip.OutDiscards")                                                  \
	X(IP_OUTNOROUTES,	"Ip.OutNoRoutes")                                                  \
	X(IP_REASMTIMEOUT,	"Ip.ReasmTimeout")                                                 \
	X(IP_REASMREQDS,	"Ip.ReasmReqds")                                                   \
	X(IP_REASMOKS,		"Ip.ReasmOKs")                                                     \
	X(IP_REASMFAILS,	"Ip.ReasmFails")                                                   \
	X(IP_FRAGOKS,		"Ip.FragOKs")                                                      \
	X(IP_FRAGFAILS,		"Ip.FragFails")                                                    \
	X(IP_FRAGCREATES,	"Ip.FragCreates")                                                  \
	X(IP_OUTTRANSMITS,	"Ip.OutTransmits")                                                 \
	X(IPEXT_INNOROUTES,	"IpExt.InNoRoutes")                                                \
	X(IPEXT_INTRUNCATEDPKTS, "IpExt.InTruncatedPkts")                                          \
	X(IPEXT_INMCASTPKTS,	"IpExt.InMcastPkts")                                               \
	X(IPEXT_OUTMCASTPKTS,	"IpExt.OutMcastPkts")                                              \
	X(IPEXT_INBCASTPKTS,	"IpExt.InBcastPkts")                                               \
	X(IPEXT_OUTBCASTPKTS,	"IpExt.OutBcastPkts")                                              \
	X(IPEXT_INOCTETS,	"IpExt.InOctets")                                                  \
	X(IPEXT_OUTOCTETS,	"IpExt.OutOctets")                                                 \
	X(IPEXT_INMCASTOCTETS,	"IpExt.InMcastOctets")                                             \
	X(IPEXT_OUTMCASTOCTETS,	"IpExt.OutMcastOctets")                                            \
	X(IPEXT_INBCASTOCTETS,	"IpExt.InBcastOctets")                                             \
	X(IPEXT_OUTBCASTOCTETS,	"IpExt.OutBcastOctets")                                            \
	X(IPEXT_INCSUMERRORS,	"IpExt.InCsumErrors")                                              \
	X(IPEXT_INNOECTPKTS,	"IpExt.InNoECTPkts")                                               \
	X(IPEXT_INECT1PKTS,	"IpExt.InECT1Pkts")                                                \
	X(IPEXT_INECT0PKTS,	"IpExt.InECT0Pkts")                                                \
	X(IPEXT_INCEPKTS,	"IpExt.InCEPkts")                                                  \
	X(IPEXT_REASMOVERLAPS,	"IpExt.ReasmOverlaps")                                             \
	X(ICMP_INMSGS,		"Icmp.InMsgs")                                                     \
	X(ICMP_INERRORS,	"Icmp.InErrors")                                                   \
	X(ICMP_INCSUMERRORS,	"Icmp.InCsumErrors")                                               \
	X(ICMP_INDESTUNREACHS,	"Icmp.InDestUnreachs")                                             \
	X(ICMP_INTIMEEXCDS,	"Icmp.InTimeExcds")                                                \
	X(ICMP_INPARMPROBS,	"Icmp.InParmProbs")                                                \
	X(ICMP_INSRCQUENCHS,	"Icmp.InSrcQuenchs")                                               \
	X(ICMP_INREDIRECTS,	"Icmp.InRedirects")                                                \
	X(ICMP_INECHOS,		"Icmp.InEchos")                                                    \
	X(ICMP_INECHOREPS,	"Icmp.InEchoReps")                                                 \
	X(ICMP_INTIMESTAMPS,	"Icmp.InTimestamps")                                               \
	X(ICMP_INTIMESTAMPREPS,	"Icmp.InTimestampReps")                                            \
	X(ICMP_INADDRMASKS,	"Icmp.InAddrMasks")                                                \
	X(ICMP_INADDRMASKREPS,	"Icmp.InAddrMaskReps")                                             \
	X(ICMP_OUTMSGS,		"Icmp.OutMsgs")                                                    \
	X(ICMP_OUTERRORS,	"Icmp.OutErrors")                                                  \
	X(ICMP_OUTRATELIMITGLOBAL, "Icmp.OutRateLimitGlobal")                                      \
	X(ICMP_OUTRATELIMITHOST, "Icmp.OutRateLimitHost")                                          \
	X(ICMP_OUTDESTUNREACHS,	"Icmp.OutDestUnreachs")                                            \
	X(ICMP_OUTTIMEEXCDS,	"Icmp.OutTimeExcds")                                               \
	X(ICMP_OUTPARMPROBS,	"Icmp.OutParmProbs")                                               \
	X(ICMP_OUTSRCQUENCHS,	"Icmp.OutSrcQuenchs")                                              \
	X(ICMP_OUTREDIRECTS,	"Icmp.OutRedirects")                                               \
	X(ICMP_OUTECHOS,	"Icmp.OutEchos")                                                   \
	X(ICMP_OUTECHOREPS,	"Icmp.OutEchoReps")                                                \
	X(ICMP_OUTTIMESTAMPS,	"Icmp.OutTimestamps")                                              \
	X(ICMP_OUTTIMESTAMPREPS, "Icmp.OutTimestampReps")                                          \
	X(ICMP_OUTADDRMASKS,	"Icmp.OutAddrMasks")                                               \
	X(ICMP_OUTADDRMASKREPS,	"Icmp.OutAddrMaskReps")                                            \
	X(UDP_INDATAGRAMS,	"Udp.InDatagrams")                                                 \
	X(UDP_NOPORTS,		"Udp.NoPorts")                                                     \
	X(UDP_INERRORS,		"Udp.InErrors")                                                    \
	X(UDP_OUTDATAGRAMS,	"Udp.OutDatagrams")                                                \
	X(UDP_RCVBUFERRORS,	"Udp.RcvbufErrors")                                                \
	X(UDP_SNDBUFERRORS,	"Udp.SndbufErrors")                                                \
	X(UDP_INCSUMERRORS,	"Udp.InCsumErrors")                                                \
	X(UDP_IGNOREDMULTI,	"Udp.IgnoredMulti")                                                \
	X(UDP_MEMERRORS,	"Udp.MemErrors")                                                   \
	X(UDPLITE_INDATAGRAMS,	"UdpLite.InDatagrams")                                             \
	X(UDPLITE_NOPORTS,	"UdpLite.NoPorts")                                                 \
	X(UDPLITE_INERRORS,	"UdpLite.InErrors")                                                \
	X(UDPLITE_OUTDATAGRAMS,	"UdpLite.OutDatagrams")                                            \
	X(UDPLITE_RCVBUFERRORS,	"UdpLite.RcvbufErrors")                                            \
	X(UDPLITE_SNDBUFERRORS,	"UdpLite.SndbufErrors")                                            \
	X(UDPLITE_INCSUMERRORS,	"UdpLite.InCsumErrors")                                            \
	X(UDPLITE_IGNOREDMULTI,	"UdpLite.IgnoredMulti")                                            \
	X(UDPLITE_MEMERRORS,	"UdpLite.MemErrors")                                               \
	X(TCP_INSEGS,		"Tcp.InSegs")                                                      \
	X(TCP_INERRS,		"Tcp.InErrs")                                                      \
	X(TCP_OUTRSTS,		"Tcp.OutRsts")                                                     \
	X(TCP_OUTSEGS,		"Tcp.OutSegs")                                                     \
	X(TCP_INCSUMERRORS,	"Tcp.InCsumErrors")                                                \
	X(TCPEXT_IPREVERSEPATHFILTER, "TcpExt.IPReversePathFilter")                                \
	X(TCPEXT_LOCKDROPPEDICMPS, "TcpExt.LockDroppedIcmps")                                      \
	X(TCPEXT_OUTOFWINDOWICMPS, "TcpExt.OutOfWindowIcmps")

enum ref_mib_idx {
#define X(id, name) MIB_##id,
	REF_MIBS(X)
#undef X
	MIB_NAMED_NR,
	MIB_ICMPMSG_IN = MIB_NAMED_NR,		/* + type */
	MIB_ICMPMSG_OUT = MIB_ICMPMSG_IN + 256,	/* + type */
	MIB_NR = MIB_ICMPMSG_OUT + 256,
};

#define IP_INC_STATS(net, id) ((net)->mib[MIB_##id]++)
#define IP_ADD_STATS(net, id, n) ((net)->mib[MIB_##id] += (n))

#endif
