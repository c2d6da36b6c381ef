// The wall clock of a whole SOTP, database included, jumps, runs too fast and too slow, and sees summer time come and go,
// while time goes on: the devices tell whether a poll was missed or a storm came.
// node bench/distribution/clock.ts; needs the library of Debian's package faketime.
// Prints one line of JSON and exits 1 below the bar: one missed poll a device and event, at most twice the rate, no crash.
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
/** As far as a daemon of NTP bends a clock: a twelfth. */
const SLEW = 1 / 12;
const SLEW_STEP_MS = 50;
/** Its clocks are set when Sunday, 01:00 UTC comes, the last of March and of October. */
const TIME_ZONE = 'Europe/Berlin';
const DAY_SECONDS = 86_400;

/** The next last Sunday of a month (0 to 11) after an instant, 01:00 UTC, in seconds since 1970. */
function lastSunday(month: number, afterSeconds: number): number {
  for (let year = new Date(afterSeconds * 1_000).getUTCFullYear(); ; year++) {
    const last = new Date(Date.UTC(year, month + 1, 0, 1));
    const at = last.getTime() / 1_000 - last.getUTCDay() * DAY_SECONDS;
    if (at > afterSeconds) return at;
  }
}

const nowSeconds = () => Date.now() / 1_000;
/** The offset that has an instant come in the middle of what is watched. */
const comesSoon = (seconds: number) => seconds - AFTER_MS / 2_000 - nowSeconds();
const summerBegins = lastSunday(2, nowSeconds());
const summerEnds = lastSunday(9, summerBegins);

/** What befalls the clock: the offset after it, of that before it, and how much it gains in a second. */
const EVENTS: readonly {
  readonly name: string;
  readonly jump?: (offset: number) => number;
  readonly gains?: number;
}[] = [
  { name: '+2 h', jump: (offset) => offset + 7_200 },
  { name: '-2 h', jump: (offset) => offset - 7_200 },
  { name: '+1 day', jump: (offset) => offset + DAY_SECONDS },
  { name: '-7 s', jump: (offset) => offset - 7 },
  { name: 'slewed forward', gains: SLEW },
  { name: 'slewed back', gains: -SLEW },
  { name: 'summer time begins', jump: () => comesSoon(summerBegins) },
  { name: 'summer time ends', jump: () => comesSoon(summerEnds) },
];

if (!existsSync(LIBRARY)) {
  process.stderr.write(`${LIBRARY} is missing: install Debian's package faketime\n`);
  process.exit(2);
}
const root = mkdtempSync(join(tmpdir(), 'sotp-bench-clock-'));
const file = join(root, 'now');
let offset = 0;
/** Written beside and moved, so that nobody reads half of it. */
const set = (seconds: number) => {
  writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}s\n`);
  renameSync(`${file}.new`, file);
};
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
    TZ: TIME_ZONE,
  },
});
const address = await sotp.ready;
let call = await signIn(address);
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

const results: { event: string; missed: number; densest: number; up: number }[] = [];
for (const { name, jump, gains = 0 } of EVENTS) {
  offset = jump?.(offset) ?? offset;
  const from = Date.now();
  set(offset);
  for (let steps = 1; steps <= (gains === 0 ? 0 : AFTER_MS / SLEW_STEP_MS); steps++) {
    await sleep(Math.max(0, from + steps * SLEW_STEP_MS - Date.now()));
    set((offset += (gains * SLEW_STEP_MS) / 1_000));
  }
  await sleep(Math.max(0, from + AFTER_MS - Date.now()));
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
  // Months later the session is over.
  call = await signIn(address);
  const { items } = await call<{ items: Device[] }>('GET', '/devices?limit=1000');
  results.push({ event: name, missed, densest, up: items.filter(({ status }) => status === 'up').length });
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
  events: results,
  crashes,
  exit: status,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
// In two intervals there are two polls; twice that is the bar.
const good = crashes === 0 && results.every(({ missed, densest, up }) => missed <= 1 && densest <= 4 && up === DEVICES);
if (good) rmSync(root, { recursive: true, force: true });
else process.stderr.write(`below the bar; logs are in ${root}\n`);
process.exit(good ? 0 : 1);
