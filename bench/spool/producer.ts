// The process under fault: the real ingest, spool and stores. It makes up polls at a steady rate and writes every one
// that it accepted into a ledger: `device slot acceptedAt life`. With BENCH_SYNC=batch one is accepted when the spool says
// that it is safe, else when it is taken.
import { randomUUID } from 'node:crypto';
import { appendFileSync, openSync } from 'node:fs';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { createLog, silentLog } from '../../server/src/platform/log.ts';
import { createIngest } from '../../server/src/services/telemetry/ingest.ts';
import { JOINED_BATCHES } from '../../server/src/services/telemetry/spool.ts';
import { createDeviceStore } from '../../server/src/stores/devices/postgres.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import { createPortStore } from '../../server/src/stores/ports/postgres.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { sampleCodec } from '../../server/src/worker/spool/codec.ts';
import { createFileSpool } from '../../server/src/worker/spool/file-spool.ts';
import { SAMPLE_SPOOL } from '../../server/src/worker/spool/names.ts';
import { spoolLimits } from '../../server/src/worker/spool/settings.ts';
import { createFaultPoints, POINTS } from './fault-points.ts';

const { BENCH_URL: databaseUrl = '', BENCH_LEDGER: ledger = '', BENCH_SPOOL: dir = '' } = process.env;
// Open before the disk goes wrong.
const book = openSync(ledger, 'a');
const polls = Number(process.env['BENCH_POLLS'] ?? 50);
const samples = Number(process.env['BENCH_SAMPLES'] ?? 20);
const megabytes = Number(process.env['BENCH_MEGABYTES'] ?? 1_024);
const life = process.env['BENCH_LIFE'] ?? '0';
const sync = process.env['BENCH_SYNC'] === 'batch' ? 'batch' : 'interval';
const faults = createFaultPoints({
  point: POINTS.find((point) => point === process.env['BENCH_POINT']),
  countdown: Number(process.env['BENCH_COUNTDOWN'] ?? 1),
  ledger,
  storeMs: Number(process.env['BENCH_STORE_MS'] ?? 0),
  badWrites: process.env['BENCH_BAD_WRITES'],
  powerCut: process.env['BENCH_POWER_CUT'] === '1',
});
const log = process.env['BENCH_LOG'] ? createLog({ level: 'warn', format: 'json', role: 'bench' }) : silentLog;
const clock = systemClock;
const DEVICES = 500;
const TICK_MS = 20;

const pg = createPostgres({ databaseUrl, log, maxConnections: 4 });
const bus = createPostgresBus({ pg, log });
const metrics = faults.around(createPackedMetricStore({ pg, clock, log }));
const spool = createFileSpool({
  dir,
  codec: sampleCodec,
  names: SAMPLE_SPOOL,
  waveBatches: 4,
  joining: JOINED_BATCHES,
  whenFull: 'drop_oldest',
  source: randomUUID(),
  clock,
  log,
  files: faults.files,
  ...spoolLimits({ sync, megabytes }),
});
if (sync === 'batch') {
  const { append } = spool;
  spool.append = async (batch) => {
    const safe = await append(batch).then(
      () => true,
      () => false,
    );
    if (!safe) return;
    const at = Date.now();
    appendFileSync(book, batch.rows.map(({ deviceId, at: slot }) => `${deviceId} ${slot} ${at} ${life}\n`).join(''));
  };
}
const devices = createDeviceStore(pg);
const ingest = createIngest({
  devices,
  metrics,
  answers: { note: async () => undefined },
  ports: createPortStore(pg),
  bus,
  spool,
  clock,
  now: clock.now,
  log,
});
await ingest.start().catch(() => undefined);

const layouts = Array.from({ length: DEVICES }, (_, device) => ({
  series: Array.from({ length: samples }, (_unused, i) => ({
    metric: 'bench',
    labels: { device: String(device), i: String(i) },
    unit: null,
    kind: 'gauge' as const,
  })),
}));
let device = 0;
let made = 0;
let lagMs = 0;
let stopping = false;
const started = performance.now();
let slot = Date.now();

function tick(): void {
  const due = Math.floor(((performance.now() - started) / 1_000) * polls);
  lagMs = Math.max(lagMs, ((due - made) / polls) * 1_000 - TICK_MS);
  let lines = '';
  for (; made < due; made++) {
    device = (device + 1) % DEVICES;
    // Every poll has a slot of its own, whatever process made it.
    slot = Math.max(slot + 1, Date.now());
    const layout = layouts[device]!;
    const values = new Float64Array(samples).fill(made);
    ingest.record({
      deviceId: device + 1,
      collectors: [{ name: 'bench', intervalSeconds: 10 }],
      run: { name: 'bench', up: true, at: slot, durationMs: 1, error: null, credentialId: null },
      result: { polledAt: slot, restarted: false, faults: [], samples: [{ layout, values }] },
    });
    lines += `${device + 1} ${slot} ${Date.now()} ${life}\n`;
  }
  if (lines && sync === 'interval') appendFileSync(book, lines);
  if (!stopping) setTimeout(tick, TICK_MS);
}
tick();
process.send?.('ready');
process.on('message', (message) => {
  if (message === 'halt') {
    stopping = true;
    void ingest.flush();
  } else if (message === 'stop') {
    stopping = true;
    void ingest
      .stop()
      .then(() => bus.close())
      .then(() => pg.stop())
      .then(() => process.exit(0));
  } else {
    process.send?.({ ...ingest.counters(), lagMs: Math.round(lagMs), ...process.memoryUsage() });
    lagMs = 0;
  }
});
process.on('disconnect', () => process.exit(0));
