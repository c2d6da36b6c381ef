// Searching a day of many lines: `node bench/logs/search.ts [millions]`. Fills a PostgreSQL of its own, as durable as the
// product's; or, with SOTP_BENCH_DATABASE_URL, that database, which keeps its lines for the next run. Filling is quick to
// give way: run it with `nice -n 15`. Measures first results of 100 lines over 24 hours, and histograms. Exits with 1 when the
// first answer for a rare word takes more than 300 ms.
import { postgresSettings } from '../../server/src/app/embedded-postgres/settings.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { parseLogQuery } from '../../server/src/services/logs/query.ts';
import { createPackedLogStore } from '../../server/src/stores/logs/packed/packed.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';
import { createChance, makeLine, toNewLine } from './lines.ts';

const total = Number(process.argv[2] ?? 10) * 1e6;
const BATCH = 65_536;
const DAY_MS = 86_400_000;
const RUNS = 7;
const {
  listen_addresses: _addresses,
  port: _port,
  unix_socket_directories: _sockets,
  ...settings
} = postgresSettings(0, 40);
const own = Object.entries({ ...settings, fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' });
const databaseUrl =
  process.env['SOTP_BENCH_DATABASE_URL'] ?? (await startTestServer(own.map(([name, value]) => `${name}=${value}`)));

// Cleaning the index up in the middle of filling takes longer than a statement of the product may.
const pg = createPostgres({ databaseUrl, log: silentLog, statementTimeoutMs: 300_000 });
await migrate(pg, silentLog);
const store = createPackedLogStore({ pg });
const { rows } = await pg.query<{ lines: number; first: Date | null }>(
  'select coalesce(sum(lines), 0)::int8 as lines, min(first_at) as first from log_block',
);
const present = rows[0]?.lines ?? 0;
const start = rows[0]?.first ? rows[0].first.getTime() : Date.now() - DAY_MS;
const end = start + DAY_MS;
const RARE = [0.2, 0.5, 0.8].map((share) => Math.floor(total * share));

/** Lines of 200 hosts, evenly over the day; three of them hold a word that no other does. */
async function fill(): Promise<number> {
  const chance = createChance(present + 1);
  const begun = performance.now();
  const packer = store.packer();
  let writing: Promise<unknown> = Promise.resolve();
  for (let done = present; done < total; done += BATCH) {
    for (let i = done; i < Math.min(total, done + BATCH); i++) {
      const at = Math.floor(start + (DAY_MS * i) / total);
      const rare = RARE.includes(i) ? ' needleinhaystack' : '';
      packer.add(toNewLine(makeLine(chance, at) + rare, at, 1 + Math.floor(chance() * 200)));
    }
    const packed = packer.take();
    await writing;
    writing = store.write(packed);
    if (Math.floor(done / 1e6) !== Math.floor((done + BATCH) / 1e6)) {
      process.stderr.write(`${Math.floor((done + BATCH) / 1e6)} million lines\n`);
    }
  }
  await writing;
  return (performance.now() - begun) / 1000;
}

const world = { find: () => new Set([17]), ofSites: () => new Set<number>() };
const SEARCHES: [string, string][] = [
  ['rare word', 'needleinhaystack'],
  ['no such word', 'nosuchwordatall'],
  ['common word', 'password'],
  ['phrase', '"failed password for invalid user"'],
  ['address', '10.2.77.13'],
  ['field', 'sequenceid:4711'],
  ['one device, one word', 'device:core* dhcpack'],
  ['common word and -word', 'password -admin'],
  ['severity and -word', 'severity>=warning -bgp'],
  ['regex', '/changed state from \\w+ to Idle/'],
  ['rare word and regex', 'needleinhaystack /[a-z]+haystack$/'],
  ['regex that finds nothing', '/zz[0-9]{9}zz/'],
];

const median = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
const table: [string, string][] = [];
/** The bar: first results of a rare word over a day. */
const RARE_MS = 300;
let rareMs = Number.NaN;
const filled = present < total ? await fill() : 0;
if (filled > 0) table.push(['filled, lines/s', Math.round((total - present) / filled).toString()]);
// What autovacuum would do within the hour; it takes longer than a query may.
if (filled > 0) await pg.transaction((tx) => tx.query(`set local statement_timeout = 0; analyze log_block`));
const usage = await store.usage();
const sum = (pick: (one: (typeof usage)[number]) => number) => usage.reduce((all, one) => all + pick(one), 0);
table.push(['lines stored', String(sum(({ lines }) => lines ?? 0))]);
table.push(['disk, bytes a line', (sum(({ bytes }) => bytes) / sum(({ lines }) => lines ?? 0)).toFixed(1)]);
for (const [name, query] of SEARCHES) {
  const filter = parseLogQuery(query, world);
  const times: number[] = [];
  let found = 0;
  let all = true;
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    const answer = await store.search({ filter, from: start, to: end, direction: 'backward', limit: 100 });
    times.push(performance.now() - began);
    found = answer.lines.length;
    all = answer.next === undefined;
  }
  const worst = Math.max(...times.slice(1));
  const first = times[0] ?? 0;
  if (name === 'rare word') rareMs = first;
  table.push([
    `${name} (${found} lines${all ? ', all' : ''})`,
    `first ${first.toFixed(0)} ms, median ${median(times).toFixed(0)} ms, worst ${worst.toFixed(0)} ms`,
  ]);
}
for (const [name, query] of [
  ['all', ''],
  ['severity>=warning', 'severity>=warning'],
  ['rare word', 'needleinhaystack'],
  ['common word', 'password'],
] as const) {
  const filter = parseLogQuery(query, world);
  const began = performance.now();
  const answer = await store.histogram({ filter, from: start, to: end, stepMs: 600_000 });
  const back = (end - answer.countedFrom) / 3_600_000;
  table.push([`histogram ${name}`, `${(performance.now() - began).toFixed(0)} ms, ${back.toFixed(1)} of 24 h counted`]);
}
for (const [name, value] of table) process.stdout.write(`${name.padEnd(44)} ${value}\n`);
const lines = sum(({ lines }) => lines ?? 0);
process.stdout.write(`${JSON.stringify({ bench: 'logs/search', lines, rareMs, ...Object.fromEntries(table) })}\n`);
await pg.stop();
process.exit(rareMs <= RARE_MS ? 0 : 1);
