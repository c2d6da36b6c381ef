// The wall clock of a whole SOTP, database included, jumps while time goes on: the devices tell whether a poll was missed or
// a storm came. node bench/distribution/clock.ts; needs the library of Debian's package faketime.
// Prints one line of JSON and exits 1 below the bar: one missed poll a device and jump, at most twice the rate, no crash.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from '@sotp/contract/devices.ts';
import { rolePids, signIn, startMachine } from './sotp.ts';
import { watchDevices } from './watched.ts';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const DEVICES = 50;
const INTERVAL_MS = 2_000;
const AFTER_MS = 40_000;
const JUMPS = [
  ['+2 h', 7_200],
  ['-2 h', -7_200],
  ['+1 day', 86_400],
  ['-7 s', -7],
] as const;

if (!existsSync(LIBRARY)) {
  process.stderr.write(`${LIBRARY} is missing: install Debian's package faketime\n`);
  process.exit(2);
}
const root = mkdtempSync(join(tmpdir(), 'sotp-bench-clock-'));
const file = join(root, 'now');
let offset = 0;
const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
set(0);
const watched = await watchDevices(DEVICES, 28_163, '127.28');
const sotp = startMachine({
  name: 'one',
  root,
  args: ['--port', '28083', '--collectors', '2'],
  env: {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_RESET: '1',
  },
});
const call = await signIn(await sotp.ready);
const secret = { community: 'public' };
const { id } = await call<{ id: string }>('POST', '/credentials', { name: 'a', kind: 'snmp-v2c', secret });
const collectors = [{ name: 'snmp', intervalSeconds: INTERVAL_MS / 1_000, settings: { port: watched.port } }];
for (const { address } of watched.devices) {
  await call('POST', '/devices', { address, credentials: [id], collectors });
}
await sleep(20_000);
const before = [...rolePids(sotp.pid, 'hub'), ...rolePids(sotp.pid, 'collector')];

/** Instants at which polls of a device began: a poll is over in a moment, so what follows a pause begins one. */
function begun(asked: readonly { readonly at: number }[], from: number): number[] {
  const begins: number[] = [];
  let last = 0;
  for (const { at } of asked) {
    if (at - last > INTERVAL_MS / 4 && at >= from) begins.push(at);
    last = at;
  }
  return begins;
}

const results: { jump: string; missed: number; densest: number; up: number }[] = [];
for (const [jump, seconds] of JUMPS) {
  offset += seconds;
  const from = Date.now();
  set(offset);
  await sleep(AFTER_MS);
  let missed = 0;
  let densest = 0;
  for (const { asked } of watched.devices) {
    const begins = begun(asked, from);
    missed = Math.max(missed, Math.floor(AFTER_MS / INTERVAL_MS) - 1 - begins.length);
    for (const start of begins) {
      const within = begins.filter((at) => at >= start && at < start + 2 * INTERVAL_MS).length;
      densest = Math.max(densest, within);
    }
  }
  const { items } = await call<{ items: Device[] }>('GET', '/devices?limit=1000');
  results.push({ jump, missed, densest, up: items.filter(({ status }) => status === 'up').length });
}
const after = [...rolePids(sotp.pid, 'hub'), ...rolePids(sotp.pid, 'collector')];
const crashes = before.filter((pid) => !after.includes(pid)).length;
sotp.kill('SIGTERM');
const { status } = await sotp.ended;
watched.stop();
const report = {
  bench: 'clock',
  devices: DEVICES,
  intervalSeconds: INTERVAL_MS / 1_000,
  jumps: results,
  crashes,
  exit: status,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
// In two intervals there are two polls; twice that is the bar.
const good = crashes === 0 && results.every(({ missed, densest, up }) => missed <= 1 && densest <= 4 && up === DEVICES);
if (good) rmSync(root, { recursive: true, force: true });
else process.stderr.write(`below the bar; logs are in ${root}\n`);
process.exit(good ? 0 : 1);
