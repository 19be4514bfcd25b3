/*
 * inside_sockets.c - making the gateway's sockets in the calling thread's network namespace.
 *
 * Needs CAP_NET_ADMIN over it, for the mark and the size of a buffer; later CAP_NET_RAW alone,
 * which a transparent socket needs.
 */
#include "gateway/inside_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/setup_link.h"
#include "gateway/setup_nft.h"

#ifndef IPV6_HDRINCL /* glibc 2.36 lacks it; linux/in6.h cannot be included beside netinet/in.h */
#define IPV6_HDRINCL 36
#endif

#define LO	       1
#define BACKLOG	       4096
#define TAP_BUFFER     (4 << 20) /* SYNs of a client that connects as fast as it can */
#define FLOW_BUFFER    (1 << 20)
#define ALL_BYTES      UINT32_C(0xffffffff)
#define SYN_BIT	       0x02
#define FLAGS_OF_SYN   0x17		    /* fin, syn, rst, ack */
#define OWN_WORD       UINT32_C(0xfffffffe) /* nothing else in the filters has this value */
#define TAP_FILTER_MAX 64

/* Parts of a filter for classic BPF. A test is followed by the RET that it may jump over. */
#define DROP		      BPF_STMT(BPF_RET | BPF_K, 0)
#define KEEP		      BPF_STMT(BPF_RET | BPF_K, ALL_BYTES)
#define DROP_IF(value)	      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), DROP
#define KEEP_IF(value)	      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), KEEP
#define LOAD_MARK	      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_MARK))
#define LOAD_WORD(at)	      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define LOAD_BYTE(at)	      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at)
#define LOAD_BEHIND(at)	      BPF_STMT(BPF_LD | BPF_B | BPF_IND, at) /* after the IPv4 header */
#define MASK(bits)	      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits)
#define SKIP_UNLESS(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
/* Drops a packet of which the destination is this IPv6 address. */
#define DROP_IF_TO(a, b, c, d)                                                             \
	LOAD_WORD(24), SKIP_UNLESS(a, 7), LOAD_WORD(28), SKIP_UNLESS(b, 5), LOAD_WORD(32), \
		SKIP_UNLESS(c, 3), LOAD_WORD(36), SKIP_UNLESS(d, 1), DROP

/* OWN_WORD stands for the last word of the network's address. */
static const struct sock_filter filter4[] = {
	LOAD_MARK,
	DROP_IF(NFT_MARK_SEEN),
	LOAD_WORD(16), /* the destination */
	DROP_IF(OWN_WORD),
	LOAD_BYTE(16),
	DROP_IF(127),
	MASK(0xf0),
	DROP_IF(224),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	LOAD_BYTE(9), /* the protocol */
	SKIP_UNLESS(IPPROTO_ICMP, 4),
	LOAD_BEHIND(0),
	KEEP_IF(ICMP_ECHO),
	DROP,
	SKIP_UNLESS(IPPROTO_TCP, 4),
	LOAD_BEHIND(13),
	MASK(FLAGS_OF_SYN),
	KEEP_IF(SYN_BIT),
	DROP,
};

static const struct sock_filter filter6[] = {
	LOAD_MARK,
	DROP_IF(NFT_MARK_SEEN),
	DROP_IF_TO(0xfd000002, 0, 0, OWN_WORD),
	DROP_IF_TO(0, 0, 0, 1), /* ::1 */
	LOAD_BYTE(24),
	MASK(0xfe),
	DROP_IF(0xfe),
	LOAD_BYTE(6), /* the next header */
	SKIP_UNLESS(IPPROTO_ICMPV6, 4),
	LOAD_BYTE(40),
	KEEP_IF(ICMP6_ECHO_REQUEST),
	DROP,
	SKIP_UNLESS(IPPROTO_TCP, 4),
	LOAD_BYTE(53),
	MASK(FLAGS_OF_SYN),
	KEEP_IF(SYN_BIT),
	DROP,
};

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/*
 * A packet socket of one family sees what comes in by lo: all that the box sends. It is bound after
 * it has its filter, so that nothing else is in it.
 */
static int make_tap(uint16_t protocol, const struct sock_filter *of, size_t n, uint32_t own,
		    int *ret, struct err *e)
{
	struct sock_filter filter[TAP_FILTER_MAX];
	struct sockaddr_ll lo = {
		.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = LO};
	struct sock_fprog program = {.len = (unsigned short)n, .filter = filter};
	cleanup_close int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	for (size_t i = 0; i < n; i++) {
		filter[i] = of[i];
		if (of[i].k == OWN_WORD)
			filter[i].k = own;
	}
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
	    bind(fd, (struct sockaddr *)&lo, sizeof(lo)) < 0)
		return err_sys(e, errno, "cannot watch for connections of the box");
	/* The second within net.core.rmem_max, should the first be refused. */
	if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, TAP_BUFFER) < 0)
		set(fd, SOL_SOCKET, SO_RCVBUF, TAP_BUFFER);
	*ret = take_fd(&fd);
	return 0;
}

static int make_raw(int family, bool marked, int *ret, struct err *e)
{
	cleanup_close int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && family == AF_INET6)
		r = set(fd, SOL_IPV6, IPV6_HDRINCL, 1);
	if (r == 0 && marked)
		r = set(fd, SOL_SOCKET, SO_MARK, NFT_MARK_SEEN);
	if (r < 0)
		return err_sys(e, -r, "cannot make a raw socket in the box's network");
	*ret = take_fd(&fd);
	return 0;
}

/* IPv4 alone only if the kernel has no IPv6: a socket of IPv6 takes both. */
static int open_transparent(int family, int type)
{
	cleanup_close int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && family == AF_INET6)
		r = set(fd, SOL_IPV6, IPV6_V6ONLY, 0);
	if (r == 0)
		r = family == AF_INET6 ? set(fd, SOL_IPV6, IPV6_TRANSPARENT, 1)
				       : set(fd, SOL_IP, IP_TRANSPARENT, 1);
	return r < 0 ? r : take_fd(&fd);
}

static int bind_any(int fd, int family, in_port_t port)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = port};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};
	int r = family == AF_INET6 ? bind(fd, (struct sockaddr *)&in6, sizeof(in6))
				   : bind(fd, (struct sockaddr *)&in, sizeof(in));

	return r < 0 ? -errno : 0;
}

static int make_listener(int family, int *ret, in_port_t *ret_port)
{
	cleanup_close int fd = open_transparent(family, SOCK_STREAM);
	struct sockaddr_storage sa;
	socklen_t size = sizeof(sa);
	int r = fd < 0 ? fd : bind_any(fd, family, 0);

	if (r == 0) /* what is accepted inherits it */
		r = set(fd, SOL_TCP, TCP_NODELAY, 1);
	if (r == 0 &&
	    (listen(fd, BACKLOG) < 0 || getsockname(fd, (struct sockaddr *)&sa, &size) < 0))
		r = -errno;
	if (r < 0)
		return r;
	*ret_port = endpoint_of(&sa).port;
	*ret = take_fd(&fd);
	return 0;
}

static int make_datagrams(int family, in_port_t port, int *ret)
{
	cleanup_close int fd = open_transparent(family, SOCK_DGRAM);
	int r = fd < 0 ? fd : set(fd, SOL_IP, IP_RECVORIGDSTADDR, 1);

	if (r == 0 && family == AF_INET6)
		r = set(fd, SOL_IPV6, IPV6_RECVORIGDSTADDR, 1);
	if (r == 0)
		r = bind_any(fd, family, port);
	if (r < 0)
		return r;
	*ret = take_fd(&fd);
	return 0;
}

static int make_listeners(struct inside *ret, uint16_t *ret_port, struct err *e)
{
	int family = AF_INET6;
	in_port_t port = 0;
	int r = make_listener(family, &ret->tcp, &port);

	if (r == -EAFNOSUPPORT) {
		family = AF_INET;
		r = make_listener(family, &ret->tcp, &port);
	}
	if (r == 0)
		r = make_datagrams(family, port, &ret->udp);
	if (r < 0)
		return err_sys(e, -r, "cannot listen in the box's network");
	*ret_port = ntohs(port);
	return 0;
}

/* The last four bytes of an address, as a filter loads them. */
static uint32_t last_word(int family, const char *text)
{
	uint8_t addr[16];
	uint32_t word;

	inet_pton(family, text, addr);
	memcpy(&word, addr + (family == AF_INET ? 0 : 12), sizeof(word));
	return ntohl(word);
}

static int make_taps(unsigned number, bool ipv6, struct inside *ret, struct err *e)
{
	struct link_address own = link_address(number);
	int r = make_tap(ETH_P_IP, filter4, ARRAY_SIZE(filter4), last_word(AF_INET, own.ipv4),
			 &ret->tap[0], e);

	return r < 0 || !ipv6 ? r
			      : make_tap(ETH_P_IPV6, filter6, ARRAY_SIZE(filter6),
					 last_word(AF_INET6, own.ipv6), &ret->tap[1], e);
}

int inside_sockets_make(unsigned number, bool ipv6, struct inside *ret, uint16_t *ret_port,
			struct err *e)
{
	int r = make_listeners(ret, ret_port, e);

	if (r == 0)
		r = make_taps(number, ipv6, ret, e);
	for (int marked = 0; r == 0 && marked < 2; marked++) {
		r = make_raw(AF_INET, marked, &ret->raw4[marked], e);
		if (r == 0 && ipv6)
			r = make_raw(AF_INET6, marked, &ret->raw6[marked], e);
	}
	return r;
}

/* As the client, with its port if that is free in the box. */
static int connect_from(int type, const struct flow_key *key, in_port_t port)
{
	struct endpoint source = {.addr = key->from.addr, .port = port};
	struct sockaddr_storage from, to;
	socklen_t from_size = endpoint_sockaddr(&source, &from);
	socklen_t to_size = endpoint_sockaddr(&key->to, &to);
	cleanup_close int fd = open_transparent(from.ss_family, type);

	if (fd < 0)
		return fd;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* after an earlier connection of the client */
	if (type == SOCK_STREAM)
		set(fd, SOL_TCP, TCP_NODELAY, 1);
	if (bind(fd, (struct sockaddr *)&from, from_size) < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&to, to_size) < 0 && errno != EINPROGRESS)
		return -errno;
	return take_fd(&fd);
}

int inside_sockets_connect(int type, const struct flow_key *key)
{
	int r = connect_from(type, key, key->from.port);

	return r == -EADDRINUSE || r == -EADDRNOTAVAIL ? connect_from(type, key, 0) : r;
}

int inside_sockets_udp(const struct flow_key *key)
{
	struct sockaddr_storage from, to;
	socklen_t from_size = endpoint_sockaddr(&key->from, &from);
	socklen_t to_size = endpoint_sockaddr(&key->to, &to);
	int family = endpoint_is_ipv4(&key->to) ? AF_INET : AF_INET6;
	cleanup_close int fd = open_transparent(family, SOCK_DGRAM);

	if (fd < 0)
		return fd;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* two clients of one server */
	set(fd, SOL_UDP, UDP_GRO, 1);
	set(fd, SOL_SOCKET, SO_RCVBUF, FLOW_BUFFER);
	set(fd, SOL_SOCKET, SO_SNDBUF, FLOW_BUFFER);
	if (bind(fd, (struct sockaddr *)&to, to_size) < 0 ||
	    connect(fd, (struct sockaddr *)&from, from_size) < 0)
		return -errno;
	return take_fd(&fd);
}
