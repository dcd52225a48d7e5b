/* Ways to anything that listens. The parent counts who arrives. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_alg.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

static int greet(int socket, const void *address, socklen_t length) {
  if (socket < 0) return verdict(socket);
  if (connect(socket, address, length) != 0) return verdict(-1);
  return verdict(write(socket, "hello", 5));
}

static int reach_tcp(char **words) {
  const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number(words, 1)), .sin_addr.s_addr = inet_addr(text(words, 0))};
  return greet(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK * (words[2] != NULL), 0), &address, sizeof address);
}

static int reach_tcp6(char **words) {
  const struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)number(words, 0)), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  return greet(socket(AF_INET6, SOCK_STREAM, 0), &address, sizeof address);
}

static int reach_udp(char **words) {
  const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number(words, 1)), .sin_addr.s_addr = inet_addr(text(words, 0))};
  return greet(socket(AF_INET, SOCK_DGRAM, 0), &address, sizeof address);
}

static int reach_path(char **words) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, text(words, 0), sizeof address.sun_path - 1);
  return greet(socket(AF_UNIX, SOCK_STREAM, 0), &address, sizeof address);
}

static int reach_abstract(char **words) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *name = text(words, 0);
  memcpy(address.sun_path + 1, name, strlen(name));
  return greet(socket(AF_UNIX, SOCK_STREAM, 0), &address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
}

static int reach_over_pair(char **words) {
  (void)words;
  int ends[2];
  return verdict(socketpair(AF_INET, SOCK_STREAM, 0, ends));
}

static int serve_tcp(char **words) {
  (void)words;
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (server < 0 || bind(server, (const void *)&address, sizeof address) != 0) return verdict(-1);
  return verdict(listen(server, 1));
}

static int open_netlink(char **words) {
  (void)words;
  return verdict(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
}

static int open_audit(char **words) {
  (void)words;
  return verdict(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
}

static int open_raw(char **words) {
  (void)words;
  return verdict(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)) == THROUGH ? THROUGH : verdict(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int open_packet(char **words) {
  (void)words;
  return verdict(socket(AF_PACKET, SOCK_RAW, 0));
}

static int open_vsock(char **words) {
  (void)words;
  return verdict(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static int open_crypto(char **words) {
  (void)words;
  return verdict(socket(AF_ALG, SOCK_SEQPACKET, 0));
}

const struct probe socket_probes[] = {
    {"tcp", reach_tcp},
    {"tcp6", reach_tcp6},
    {"udp", reach_udp},
    {"unix-path", reach_path},
    {"unix-abstract", reach_abstract},
    {"inet-pair", reach_over_pair},
    {"serve-tcp", serve_tcp},
    {"netlink", open_netlink},
    {"netlink-events", open_audit},
    {"raw-socket", open_raw},
    {"packet-socket", open_packet},
    {"vsock", open_vsock},
    {"crypto-socket", open_crypto},
    {NULL, NULL},
};
