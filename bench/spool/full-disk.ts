// Full disks (R9): the database and the spool on 64 MiB each, filled up one after the other under load, then both.
// node bench/spool/full-disk.ts [seconds a disk stays full]. As root, for it mounts. Prints one line of JSON; exits 1 when
// something acknowledged is lost or doubled, when recovery takes longer than 30 s, when no log line names the path, or
// when one kind of line comes more often than every 10 s.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
  openSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../server/src/platform/log.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { account, readLedger } from './ledger.ts';
import { createFaultyPostgres } from './postgres.ts';
import { startSubject } from './subject.ts';

const self = fileURLToPath(import.meta.url);
const seconds = Number(process.argv[2] ?? 20);
if (process.env['BENCH_MOUNTED'] === undefined) {
  // In a namespace of mounts of our own, which ends with us.
  const env = { ...process.env, BENCH_MOUNTED: '1' };
  const { status } = spawnSync('unshare', ['-m', process.execPath, self, String(seconds)], { stdio: 'inherit', env });
  process.exit(status ?? 1);
}
const dir = mkdtempSync(path.join(tmpdir(), 'sotp-bench-full-'));
chmodSync(dir, 0o711);
const disks = { database: path.join(dir, 'database'), spool: path.join(dir, 'spool') };
for (const disk of Object.values(disks)) {
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=777', 'none', disk]);
  if (mounted.status !== 0) throw new Error(`cannot mount: ${String(mounted.stderr)}`);
}
chownSync(disks.database, 65_534, 65_534);

/** Takes all that is left of a disk, or gives it back. */
function fill(disk: string, on: boolean): void {
  const file = path.join(disk, 'filler');
  if (!on) return truncateSync(file, 0);
  const handle = openSync(file, 'w');
  try {
    for (;;) writeSync(handle, Buffer.alloc(16_384));
  } catch {
    // Full, which is the aim.
  }
  closeSync(handle);
  if (statfsSync(disk).bavail > 8) throw new Error(`${disk} is not full`);
}

const server = await createFaultyPostgres(disks.database);
await server.start();
const setup = createPostgres({ databaseUrl: server.url, log: silentLog });
await migrate(setup, silentLog);
await setup.stop();
const ledger = path.join(dir, 'ledger');
writeFileSync(ledger, '');
const subject = await startSubject({
  BENCH_URL: server.url,
  BENCH_LEDGER: ledger,
  BENCH_SPOOL: path.join(disks.spool, 's'),
});
const revive = async () => (server.alive() ? undefined : server.start());

await sleep(3_000);
const recoveryMs: Record<string, number> = {};
let panics = 0;
for (const [name, full] of [
  ['database', [disks.database]],
  ['spool', [disks.spool]],
  ['both', [disks.database, disks.spool]],
] as const) {
  for (const disk of full) fill(disk, true);
  // A full spool matters only while the store takes nothing.
  if (name === 'spool') await server.freeze(true);
  await sleep(seconds * 1_000);
  if (!server.alive()) panics++;
  for (const disk of full) fill(disk, false);
  if (name === 'spool') await server.freeze(false);
  recoveryMs[name] = await subject.drained(revive);
  await sleep(2_000);
}
await subject.halt();
await subject.drained(revive);
const counters = await subject.ask();
await subject.stop();

const rows = await server.query(
  `select device_id as device, round(extract(epoch from at) * 1000)::text as slot, count(*)::int as n from metric_head group by 1, at`,
);
const stored = new Map(rows.map((row) => [`${String(row['device'])} ${String(row['slot'])}`, Number(row['n'])]));
const { accepted, lost, doubled } = account(readLedger(ledger), stored);
const { lines, byKind, tooOften } = subject.log();
const named = lines.filter(({ text }) => text.includes(disks.spool)).length;
const report = {
  bench: 'spool full disk',
  secondsFull: seconds,
  accepted,
  lost,
  doubled,
  recoveryMs,
  panics,
  logLines: byKind,
  tooOften,
  linesThatNameThePath: named,
  dropped: counters['samples_dropped_total{reason="spool_disk"}'],
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await server.stop();
for (const disk of Object.values(disks)) spawnSync('umount', ['-l', disk]);
rmSync(dir, { recursive: true, force: true });
const slow = Object.values(recoveryMs).some((ms) => ms < 0 || ms > 30_000);
process.exit(lost > 0 || doubled > 0 || slow || tooOften > 0 || named === 0 ? 1 : 0);
