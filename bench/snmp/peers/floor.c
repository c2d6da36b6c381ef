// What the kernel alone takes: sends one and the same request to device after device and reads the answers, many a system
// call, without looking at them. Arguments: devices, ports, UDP port, v2c; the request is in FLOOR_REQUEST (hexadecimal),
// where its id stands in FLOOR_ID_AT, the requests and values of a poll in FLOOR_REQUESTS and FLOOR_VALUES. Says "ready";
// then answers each line "MS" with "polls varbinds cpuMicros wallMicros". Built by floor.ts: cc -O2 floor.c
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 64, OCTETS = 4096, GATHER_MICROS = 1000, RECEIVE_BUFFER = 8 << 20 };

static unsigned char out[WINDOW][OCTETS], in[WINDOW][OCTETS];
static struct sockaddr_in to[WINDOW], from[WINDOW];
static struct iovec out_vector[WINDOW], in_vector[WINDOW];
static struct mmsghdr out_header[WINDOW], in_header[WINDOW];
static int devices, next_device, id_at;
static unsigned next_id = 0x1000000;

static double micros(const struct timeval *t) { return t->tv_sec * 1e6 + t->tv_usec; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double cpu(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return micros(&used.ru_utime) + micros(&used.ru_stime);
}

static int send_some(int fd, int count) {
  for (int i = 0; i < count; i += 1) {
    int d = next_device;
    unsigned id = htonl(next_id++);
    next_device = (d + 1) % devices;
    to[i].sin_addr.s_addr = htonl(127u << 24 | (60 + d / 62500) << 16 | (d / 250 % 250) << 8 | (d % 250 + 1));
    memcpy(out[i] + id_at, &id, sizeof id);
  }
  int sent = sendmmsg(fd, out_header, count, 0);
  if (sent > 0) return sent;
  perror("send");
  exit(1);
}

static int receive_some(int fd) {
  struct pollfd ready = {fd, POLLIN, 0};
  usleep(GATHER_MICROS);
  if (poll(&ready, 1, 1000) <= 0) {
    fprintf(stderr, "no answers\n");
    exit(1);
  }
  for (int i = 0; i < WINDOW; i += 1) in_header[i].msg_hdr.msg_namelen = sizeof from[i];
  int got = recvmmsg(fd, in_header, WINDOW, MSG_DONTWAIT, NULL);
  return got > 0 ? got : 0;
}

static void lay_out(const unsigned char *request, size_t length, int port) {
  for (int i = 0; i < WINDOW; i += 1) {
    memcpy(out[i], request, length);
    to[i].sin_family = AF_INET;
    to[i].sin_port = htons(port);
    out_vector[i] = (struct iovec){out[i], length};
    in_vector[i] = (struct iovec){in[i], OCTETS};
    out_header[i].msg_hdr =
        (struct msghdr){.msg_name = &to[i], .msg_namelen = sizeof to[i], .msg_iov = &out_vector[i], .msg_iovlen = 1};
    in_header[i].msg_hdr =
        (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &in_vector[i], .msg_iovlen = 1};
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const char *hex = getenv("FLOOR_REQUEST");
  double requests = atof(getenv("FLOOR_REQUESTS")), values = atof(getenv("FLOOR_VALUES"));
  static unsigned char request[OCTETS];
  size_t length = strlen(hex) / 2;
  for (size_t i = 0; i < length && i < OCTETS; i += 1) sscanf(hex + 2 * i, "%2hhx", &request[i]);
  devices = atoi(argv[1]);
  id_at = atoi(getenv("FLOOR_ID_AT"));
  int fd = socket(AF_INET, SOCK_DGRAM, 0), size = RECEIVE_BUFFER;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  lay_out(request, length, atoi(argv[3]));
  printf("ready\n");
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    double before = cpu(), started = now(), deadline = started + atof(line) * 1000;
    long answers = 0;
    for (int in_flight = 0; in_flight > 0 || now() < deadline;) {
      if (in_flight < WINDOW && now() < deadline) in_flight += send_some(fd, WINDOW - in_flight);
      int got = receive_some(fd);
      in_flight -= got;
      answers += got;
    }
    printf("%.0f %.0f %.0f %.0f\n", answers / requests, answers / requests * values, cpu() - before, now() - started);
    fflush(stdout);
  }
  return 0;
}
