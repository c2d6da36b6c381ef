// Lines stored in PostgreSQL a second, what they take, and how fast they are found: `node bench/logs/store.ts [lines] [hours]`.
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';
import { createPackedLogStore } from '../../server/src/stores/logs/packed/packed.ts';
import type { LogFilter } from '../../server/src/domain/log-filter.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { clientCpu, serverCpu } from '../store/cpu.ts';
import { createChance, makeLine, toNewLine } from './lines.ts';

const total = Number(process.argv[2] ?? 400_000);
const hours = Number(process.argv[3] ?? 24);
const BATCH = 8_192;
const DURABLE = [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'shared_buffers=24MB',
  'max_wal_size=512MB',
];

const pg = createPostgres({ databaseUrl: await startTestServer(DURABLE), log: silentLog });
await migrate(pg, silentLog);
const store = createPackedLogStore({ pg });
const chance = createChance();
const end = Date.now();
const start = end - hours * 3_600_000;
await store.write(store.pack([toNewLine('<13>warm up', start - 86_400_000, 0)]));
const cpuOfServer = await serverCpu(pg);

let client = 0;
let packing = 0;
let wall = 0;
let bytes = 0;
const serverBefore = cpuOfServer();
for (let done = 0; done < total; done += BATCH) {
  const lines = Array.from({ length: BATCH }, (_, i) => {
    const at = Math.round(start + ((end - start) * (done + i)) / total);
    const rare = done + i === Math.floor(total * 0.4) ? ' needleinhaystack' : '';
    return toNewLine(makeLine(chance, at) + rare, at, 1 + Math.floor(chance() * 200));
  });
  for (const { raw } of lines) bytes += raw.length;
  const [c, w] = [clientCpu(), performance.now()];
  const packed = store.pack(lines);
  packing += clientCpu() - c;
  await store.write(packed);
  client += clientCpu() - c;
  wall += performance.now() - w;
}
const server = cpuOfServer() - serverBefore;
const usage = await store.usage();
const onDisk = usage.reduce((sum, one) => sum + one.bytes, 0);
const { rows: parts } = await pg.query<{ index: number; toast: number }>(
  `select sum(pg_indexes_size(inhrelid))::int8 as index, sum(pg_total_relation_size(c.reltoastrelid))::int8 as toast
   from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'log_block'::regclass`,
);

async function timed(name: string, filter: LogFilter): Promise<[string, string]> {
  const times: number[] = [];
  let found = 0;
  for (let i = 0; i < 5; i++) {
    const w = performance.now();
    const answer = await store.search({ filter, from: start, to: end + 1, direction: 'backward', limit: 100 });
    times.push(performance.now() - w);
    found = answer.lines.length;
  }
  times.sort((a, b) => a - b);
  return [`${name} (${found} lines)`, `${times[2]!.toFixed(0)} ms median, ${times.at(-1)!.toFixed(0)} ms worst`];
}
const word = (text: string): LogFilter => ({ kind: 'text', text, wholeStart: true, wholeEnd: true });
const w = performance.now();
await store.histogram({ filter: { kind: 'all' }, from: start, to: end, stepMs: 600_000 });
const histogramMs = performance.now() - w;
const searches = [
  await timed('rare word', word('needleinhaystack')),
  await timed('common word', word('password')),
  await timed('two words', { kind: 'and', items: [word('dhcpack'), word('eth3')] }),
  await timed('one device', { kind: 'device', ids: new Set([17]) }),
  await timed('no such word', word('nosuchwordatall')),
];
const us = (seconds: number) => ((seconds * 1e6) / total).toFixed(2);
const table: [string, string][] = [
  ['lines', `${total}, ${(bytes / total).toFixed(0)} bytes each, over ${hours} h`],
  ['stored a second, wall', Math.round(total / (wall / 1000)).toString()],
  ['client CPU us a line', `${us(client)} (packing ${us(packing)})`],
  ['server CPU us a line', us(server)],
  ['disk, bytes a line', `${(onDisk / total).toFixed(1)} (index ${((parts[0]?.index ?? 0) / total).toFixed(1)})`],
  ['histogram of all', `${histogramMs.toFixed(0)} ms`],
  ...searches,
];
for (const [name, value] of table) process.stdout.write(`${name.padEnd(32)} ${value}\n`);
process.stdout.write(`${JSON.stringify({ bench: 'logs/store', ...Object.fromEntries(table) })}\n`);
await pg.stop();
process.exit(0);
