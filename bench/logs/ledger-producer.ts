// The process under fault of bench/logs/ledger.ts: the real log ingest, spool and store. It takes lines at a steady rate
// and writes the number of every line that was taken into a ledger: `number takenAt`.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import { systemClock as clock } from '../../server/src/platform/clock.ts';
import { silentLog as log } from '../../server/src/platform/log.ts';
import { decodeSyslog } from '../../server/src/protocols/syslog/decode.ts';
import { createDirectory } from '../../server/src/services/logs/directory.ts';
import { createLogIngest } from '../../server/src/services/logs/ingest.ts';
import { createLineCodec } from '../../server/src/services/logs/spool.ts';
import { createPackedLogStore } from '../../server/src/stores/logs/packed/packed.ts';
import { createSenderStore } from '../../server/src/stores/logs/senders.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { createFileSpool } from '../../server/src/worker/spool/file-spool.ts';
import { LINE_SPOOL } from '../../server/src/worker/spool/names.ts';

const { BENCH_URL: databaseUrl = '', BENCH_LEDGER: ledger = '', BENCH_SPOOL: dir = '' } = process.env;
const rate = Number(process.env['BENCH_RATE'] ?? 2_000);
const TICK_MS = 10;

const pg = createPostgres({ databaseUrl, log, maxConnections: 4 });
const bus = createPostgresBus({ pg, log });
const store = createPackedLogStore({ pg });
const senders = createSenderStore(pg);
const spool = createFileSpool({
  dir,
  codec: createLineCodec(store),
  names: LINE_SPOOL,
  whenFull: 'refuse_newest',
  syncMs: 150,
  source: randomUUID(),
  clock,
  log,
});
const directory = createDirectory({ senders, bus, clock, log });
const ingest = createLogIngest({ store, spool, senders, directory, bus, clock });
await ingest.start();

let number = Date.now() * 1_000;
let made = 0;
let halted = false;
const started = performance.now();

function tick(): void {
  const due = Math.floor(((performance.now() - started) / 1_000) * rate);
  let taken = '';
  for (; made < due && !halted; made++) {
    const raw = Buffer.from(`<${8 + (number % 8)}>Nov 23 10:00:00 sw-1 app: line number n${++number}`);
    const receivedAt = Date.now();
    const content = decodeSyslog(raw, { receivedAt, zoneMinutes: 0 });
    const line = { source: 'syslog' as const, receivedAt, sender: '192.0.2.1', raw, truncated: false, content };
    if (ingest.take(line)) taken += `${number} ${receivedAt}\n`;
  }
  if (taken !== '') appendFileSync(ledger, taken);
}
const timer = setInterval(tick, TICK_MS);

process.on('message', (message) => {
  if (message === 'halt') halted = true;
  if (message !== 'stop') {
    const cpu = process.cpuUsage();
    process.send?.({ ...ingest.counters(), cpuUs: cpu.user + cpu.system, made });
    return;
  }
  clearInterval(timer);
  void ingest
    .stop()
    .then(() => bus.close())
    .then(() => pg.stop())
    .then(() => process.exit(0));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
