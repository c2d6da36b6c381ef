// The syslog half of a collector process, wired as the role wires it: listeners, ingest, spool on disk, store. Started by
// burst.ts and hostile.ts; tells its counters and memory when asked.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import type { LineSink } from '../../server/src/collectors/listener.ts';
import { createSyslogListeners } from '../../server/src/collectors/syslog/listeners.ts';
import { SyslogSettings } from '../../server/src/collectors/syslog/settings.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { createLifecycle } from '../../server/src/platform/lifecycle.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createDirectory } from '../../server/src/services/logs/directory.ts';
import { createLogIngest } from '../../server/src/services/logs/ingest.ts';
import { createLineCodec } from '../../server/src/services/logs/spool.ts';
import { createPackedLogStore } from '../../server/src/stores/logs/packed/packed.ts';
import { createSenderStore } from '../../server/src/stores/logs/senders.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { createListeners } from '../../server/src/worker/listeners.ts';
import { createFileSpool } from '../../server/src/worker/spool/file-spool.ts';
import { LINE_SPOOL } from '../../server/src/worker/spool/names.ts';

const { SOTP_BENCH_URL: databaseUrl = '', SOTP_BENCH_DIR: dir = '', SOTP_BENCH_SYSLOG = '{}' } = process.env;
const [log, clock] = [silentLog, systemClock];
const pg = createPostgres({ databaseUrl, log, maxConnections: 3 });
const bus = createPostgresBus({ pg, log });
const store = createPackedLogStore({ pg });
const senders = createSenderStore(pg);
const directory = createDirectory({ senders, bus, clock, log });
const spoolDir = join(dir, 'log-spool');
mkdirSync(spoolDir, { recursive: true });
const spool = createFileSpool({
  dir: spoolDir,
  adopt: [],
  codec: createLineCodec(store),
  names: LINE_SPOOL,
  whenFull: 'refuse_newest',
  syncMs: 150,
  source: `bench-${process.pid}`,
  clock,
  log,
});
const ingest = createLogIngest({ store, spool, senders, directory, bus, clock });
/** Milliseconds from sending to taking of lines that name the instant at which they were sent, since last asked. */
let latencies: number[] = [];
const sink: LineSink = {
  take(line) {
    const { app, text, body } = line.content;
    if (app === 'honest') latencies.push(Number(process.hrtime.bigint() - BigInt(text.slice(body))) / 1e6);
    return ingest.take(line);
  },
  get full() {
    return ingest.full;
  },
  whenRoom: () => ingest.whenRoom(),
  durable: () => ingest.durable(),
};
const syslog = createSyslogListeners(SyslogSettings.parse(JSON.parse(SOTP_BENCH_SYSLOG)), { sink, log, clock });
const listeners = createListeners({ listeners: syslog, clock, log });
const lifecycle = createLifecycle([pg, directory, ingest, listeners]);
await lifecycle.start();

process.on('message', (message) => {
  if (message === 'stop') {
    void bus
      .close()
      .then(() => lifecycle.stop())
      .then(() => process.exit(0));
    return;
  }
  if (message === 'latencies') {
    process.send?.(latencies.toSorted((a, b) => a - b));
    latencies = [];
    return;
  }
  const { user, system } = process.cpuUsage();
  process.send?.({
    ...listeners.counters(),
    ...ingest.counters(),
    rssBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
  });
});
process.on('disconnect', () => process.exit(1));
process.send?.('ready');
