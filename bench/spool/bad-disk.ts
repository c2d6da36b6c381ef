// A disk that answers with errors (R9): open with ENOSPC, sync with EIO, write with EIO, each for a while, with the
// database there and away, in both modes of `spool.sync`. The errors come from libfiu below the C library (Debian's
// package fiu-utils); those of write, which would meet sockets as well, from the port of the spool's files.
// node bench/spool/bad-disk.ts [seconds of each fault=12]. Prints one line of JSON; exits 1 when something accepted is lost
// or doubled, when recovery takes longer than 30 s, when no line names the path, or when lines come too often.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../server/src/platform/log.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { account, readLedger } from './ledger.ts';
import { createFaultyPostgres } from './postgres.ts';
import { startSubject } from './subject.ts';

const LIBRARIES = ['/usr/lib/fiu/fiu_run_preload.so', '/usr/lib/fiu/fiu_posix_preload.so'];
const seconds = Number(process.argv[2] ?? 12);
const EIO = 5;
const ENOSPC = 28;
const MAX_RECOVERY_MS = 30_000;

const missing = LIBRARIES.find((file) => !existsSync(file));
if (missing !== undefined) {
  process.stderr.write(`${missing} is missing: install Debian's package fiu-utils\n`);
  process.exit(2);
}
const dir = mkdtempSync(path.join(tmpdir(), 'sotp-bench-bad-'));
const server = await createFaultyPostgres();
await server.start();
const setup = createPostgres({ databaseUrl: server.url, log: silentLog });
await migrate(setup, silentLog);
await setup.stop();

async function run(sync: 'interval' | 'batch') {
  const ledger = path.join(dir, `ledger-${sync}`);
  const spool = path.join(dir, `spool-${sync}`);
  const fifo = path.join(dir, `fiu-${sync}`);
  const badWrites = path.join(dir, `bad-writes-${sync}`);
  writeFileSync(ledger, '');
  const since = Date.now();
  const subject = await startSubject({
    BENCH_URL: server.url,
    BENCH_LEDGER: ledger,
    BENCH_SPOOL: spool,
    BENCH_SYNC: sync,
    BENCH_BAD_WRITES: badWrites,
    LD_PRELOAD: LIBRARIES.join(' '),
    FIU_CTRL_FIFO: fifo,
  });
  const control = (command: string) => {
    const { status, stderr } = spawnSync('fiu-ctrl', ['-c', command, `${fifo}-${subject.pid}`], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`fiu-ctrl: ${stderr}`);
  };
  const faults = [
    [
      'sync EIO',
      (on: boolean) =>
        control(on ? `enable name=posix/io/sync/fdatasync,failinfo=${EIO}` : 'disable name=posix/io/sync/fdatasync'),
    ],
    [
      'open ENOSPC',
      (on: boolean) =>
        control(on ? `enable name=posix/io/oc/open,failinfo=${ENOSPC}` : 'disable name=posix/io/oc/open'),
    ],
    ['write EIO', (on: boolean) => (on ? writeFileSync(badWrites, '') : rmSync(badWrites))],
  ] as const;
  const recoveryMs: Record<string, number> = {};
  await sleep(3_000);
  for (const away of [false, true]) {
    for (const [name, turn] of faults) {
      turn(true);
      if (away) await server.freeze(true);
      await sleep(seconds * 1_000);
      turn(false);
      if (away) await server.freeze(false);
      recoveryMs[away ? `${name}, database away` : name] = await subject.drained();
      await sleep(1_000);
    }
  }
  await subject.halt();
  await subject.drained();
  const counters = await subject.ask();
  await subject.stop();
  const rows = await server.query(
    `select device_id || ' ' || round(extract(epoch from at) * 1000)::text as key, count(*)::int as n from metric_head
     where at >= to_timestamp(${since / 1_000}) group by 1`,
  );
  const stored = new Map(rows.map(({ key, n }) => [String(key), Number(n)]));
  const { accepted, lost, doubled } = account(readLedger(ledger), stored);
  const { lines, byKind, tooOften } = subject.log();
  const named = lines.filter(({ text }) => text.includes(spool)).length;
  const diskErrors = counters['spool_disk_errors_total'] ?? 0;
  return {
    accepted,
    stored: stored.size,
    lost,
    doubled,
    recoveryMs,
    diskErrors,
    logLines: byKind,
    tooOften,
    linesThatNameThePath: named,
  };
}

const modes = { interval: await run('interval'), batch: await run('batch') };
process.stdout.write(`${JSON.stringify({ bench: 'spool bad disk', secondsOfEach: seconds, ...modes })}\n`);
await server.stop();
rmSync(dir, { recursive: true, force: true });
const good = Object.values(modes).every(
  ({ lost, doubled, recoveryMs, tooOften, linesThatNameThePath, diskErrors }) =>
    lost + doubled + tooOften === 0 &&
    linesThatNameThePath > 0 &&
    diskErrors > 0 &&
    Object.values(recoveryMs).every((ms) => ms >= 0 && ms <= MAX_RECOVERY_MS),
);
process.exit(good ? 0 : 1);
