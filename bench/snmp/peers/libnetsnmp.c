// The same polls by net-snmp's C library: one asynchronous session a device, values read where they lie. Waits for
// answers in one of two ways: "select" as the library's manual and its example asyncapp.c do, "epoll" as somebody who
// looked for the last microsecond would, past its list of sessions. Arguments: devices, ports, UDP port, v2c or v3; the
// way is in SNMP_WAIT. Says "ready"; then answers each line "MS" with "polls varbinds cpuMicros wallMicros".
// Built by libnetsnmp.ts: cc -O2 libnetsnmp.c -lnetsnmp
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/library/transform_oids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum { COLUMNS = 11, NAME = 11, ROWS_PER_BULK = 4, WORKERS = 64, EVENTS = 64 };

static const oid columns[COLUMNS][NAME] = {
    {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6},  {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 10}, {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 7},
    {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 11}, {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 8},  {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 9},
    {1, 3, 6, 1, 2, 1, 2, 2, 1, 14},     {1, 3, 6, 1, 2, 1, 2, 2, 1, 20},     {1, 3, 6, 1, 2, 1, 2, 2, 1, 13},
    {1, 3, 6, 1, 2, 1, 2, 2, 1, 19},     {1, 3, 6, 1, 2, 1, 2, 2, 1, 8},
};
static const size_t lengths[COLUMNS] = {11, 11, 11, 11, 11, 11, 10, 10, 10, 10, 10};

struct device {
  void *session;
  int fd;
  int row;
};

static struct device *devices;
static int by_list, device_count, port_count, next_device, in_flight;
static long polls, varbinds;
static double sum;
static double deadline;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double cpu(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static void ask(struct device *device);

static void begin(void) {
  struct device *device = &devices[next_device];
  next_device = (next_device + 1) % device_count;
  device->row = 0;
  in_flight += 1;
  ask(device);
}

static void take(netsnmp_pdu *pdu) {
  for (netsnmp_variable_list *var = pdu->variables; var; var = var->next_variable) {
    if (var->type == ASN_COUNTER64)
      sum += var->val.counter64->high * 4294967296.0 + var->val.counter64->low;
    else if (var->type == ASN_INTEGER || var->type == ASN_COUNTER || var->type == ASN_GAUGE)
      sum += *var->val.integer;
    varbinds += 1;
  }
}

static int answered(int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *magic) {
  struct device *device = magic;
  (void)session, (void)id;
  if (op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->command != SNMP_MSG_RESPONSE) {
    fprintf(stderr, "a device did not answer: %d\n", op);
    exit(1);
  }
  take(pdu);
  device->row += ROWS_PER_BULK;
  if (device->row < port_count) {
    ask(device);
    return 1;
  }
  polls += 1;
  in_flight -= 1;
  if (now() < deadline) begin();
  return 1;
}

static void ask(struct device *device) {
  netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
  oid name[NAME + 1];
  pdu->non_repeaters = 0;
  pdu->max_repetitions = ROWS_PER_BULK;
  for (int i = 0; i < COLUMNS; i += 1) {
    memcpy(name, columns[i], lengths[i] * sizeof(oid));
    name[lengths[i]] = device->row;
    snmp_add_null_var(pdu, name, lengths[i] + (device->row > 0 ? 1 : 0));
  }
  if (!(by_list ? snmp_async_send(device->session, pdu, answered, device)
                : snmp_sess_async_send(device->session, pdu, answered, device))) {
    snmp_perror("send");
    exit(1);
  }
}

static void secure(netsnmp_session *session) {
  static u_char auth_key[USM_AUTH_KU_LEN], priv_key[USM_PRIV_KU_LEN];
  static size_t auth_length, priv_length;
  session->version = SNMP_VERSION_3;
  session->securityName = "u";
  session->securityNameLen = 1;
  session->securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
  session->securityAuthProto = (oid *)usmHMAC192SHA256AuthProtocol;
  session->securityAuthProtoLen = OID_LENGTH(usmHMAC192SHA256AuthProtocol);
  session->securityPrivProto = (oid *)usmAESPrivProtocol;
  session->securityPrivProtoLen = OID_LENGTH(usmAESPrivProtocol);
  if (auth_length == 0) {
    const char *auth = getenv("SNMP_AUTH"), *priv = getenv("SNMP_PRIV");
    auth_length = sizeof auth_key, priv_length = sizeof priv_key;
    if (generate_Ku(session->securityAuthProto, session->securityAuthProtoLen, (const u_char *)auth, strlen(auth),
                    auth_key, &auth_length) != SNMPERR_SUCCESS ||
        generate_Ku(session->securityAuthProto, session->securityAuthProtoLen, (const u_char *)priv, strlen(priv),
                    priv_key, &priv_length) != SNMPERR_SUCCESS)
      exit(1);
  }
  memcpy(session->securityAuthKey, auth_key, session->securityAuthKeyLen = auth_length);
  memcpy(session->securityPrivKey, priv_key, session->securityPrivKeyLen = priv_length);
}

static void open_device(int index, int udp_port, int v3, int queue) {
  netsnmp_session session;
  char peer[64];
  snmp_sess_init(&session);
  snprintf(peer, sizeof peer, "127.%d.%d.%d:%d", 60 + index / 62500, index / 250 % 250, index % 250 + 1, udp_port);
  session.peername = peer;
  session.timeout = 2000000;
  session.retries = 2;
  if (v3) secure(&session);
  else {
    session.version = SNMP_VERSION_2c;
    session.community = (u_char *)"public";
    session.community_len = 6;
  }
  struct device *device = &devices[index];
  device->session = by_list ? (void *)snmp_open(&session) : snmp_sess_open(&session);
  if (!device->session) {
    snmp_perror("open");
    exit(1);
  }
  if (by_list) return;
  device->fd = snmp_sess_transport(device->session)->sock;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = device};
  epoll_ctl(queue, EPOLL_CTL_ADD, device->fd, &event);
}

static void wait_by_list(netsnmp_large_fd_set *ready) {
  int count = 0, block = 1;
  struct timeval timeout;
  NETSNMP_LARGE_FD_ZERO(ready);
  snmp_select_info2(&count, ready, &timeout, &block);
  if (netsnmp_large_fd_set_select(count, ready, NULL, NULL, block ? NULL : &timeout) <= 0) {
    fprintf(stderr, "no answers\n");
    exit(1);
  }
  snmp_read2(ready);
}

static void wait_by_epoll(int queue, netsnmp_large_fd_set *ready) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(queue, events, EVENTS, 1000);
  if (count <= 0) {
    fprintf(stderr, "no answers\n");
    exit(1);
  }
  for (int i = 0; i < count; i += 1) {
    struct device *device = events[i].data.ptr;
    NETSNMP_LARGE_FD_SET(device->fd, ready);
    snmp_sess_read2(device->session, ready);
    NETSNMP_LARGE_FD_CLR(device->fd, ready);
  }
}

static void round_of(int queue, netsnmp_large_fd_set *ready, double millis) {
  double cpu_before = cpu(), started = now();
  polls = varbinds = 0;
  deadline = started + millis * 1000;
  for (int i = 0; i < WORKERS && i < device_count; i += 1) begin();
  while (in_flight > 0) {
    if (by_list) wait_by_list(ready);
    else wait_by_epoll(queue, ready);
  }
  printf("%ld %ld %.0f %.0f\n", polls, varbinds, cpu() - cpu_before, now() - started);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  device_count = atoi(argv[1]);
  port_count = atoi(argv[2]);
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
  setenv("MIBS", "", 1);
  by_list = strcmp(getenv("SNMP_WAIT"), "select") == 0;
  init_snmp("bench");
  devices = calloc(device_count, sizeof *devices);
  int queue = epoll_create1(0);
  for (int i = 0; i < device_count; i += 1) open_device(i, atoi(argv[3]), strcmp(argv[4], "v3") == 0, queue);
  netsnmp_large_fd_set ready;
  netsnmp_large_fd_set_init(&ready, 65536);
  NETSNMP_LARGE_FD_ZERO(&ready);
  printf("ready\n");
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) round_of(queue, &ready, atof(line));
  // The sum keeps the compiler from leaving the values unread.
  return sum < 0;
}
