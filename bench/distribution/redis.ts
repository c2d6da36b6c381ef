// R6: what happens to a whole SOTP on Redis when Redis is absent at the start, killed, flushed, hung or out of memory.
// node bench/distribution/redis.ts; needs Debian's redis-server. The devices tell when they were asked. Prints one line of
// JSON and exits 1 below the bar: every device asked again within 30 s of each fault, no role died, Redis's return enough.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noRedis, startTestRedis } from '../../server/src/stores/redis/testing.ts';
import { rolePids, signIn, startMachine } from './sotp.ts';
import { watchDevices } from './watched.ts';

const DEVICES = 50;
const INTERVAL_MS = 5_000;
const BAR_MS = 30_000;
/** How long a fault is looked at: it, and what follows it. */
const LOOK_MS = 45_000;

if (noRedis) {
  process.stderr.write(`${noRedis}\n`);
  process.exit(2);
}
const root = mkdtempSync(join(tmpdir(), 'sotp-bench-redis-'));
const redis = await startTestRedis();
await redis.kill();
const watched = await watchDevices(DEVICES, 29_163, '127.29');
const sotp = startMachine({
  name: 'one',
  root,
  args: ['--port', '29083', '--collectors', '2'],
  env: { SOTP_REDIS_URL: redis.url, SOTP_TRAPS_UDP: '0' },
});
const address = await sotp.ready;
const healthyWithout = (await fetch(`${address}/healthz`)).status;
await redis.start();
const call = await signIn(address);
const secret = { community: 'public' };
const { id } = await call<{ id: string }>('POST', '/credentials', { name: 'a', kind: 'snmp-v2c', secret });
const collectors = [{ name: 'snmp', intervalSeconds: INTERVAL_MS / 1_000, settings: { port: watched.port } }];
for (const device of watched.devices) {
  await call('POST', '/devices', { address: device.address, credentials: [id], collectors });
}
await sleep(20_000);
const before = [...rolePids(sotp.pid, 'hub'), ...rolePids(sotp.pid, 'collector')].toSorted((a, b) => a - b);

const admin = redis.admin();
const FAULTS: Record<string, () => Promise<unknown>> = {
  'killed for 5 s': async () => {
    await redis.kill();
    await sleep(5_000);
    await redis.start();
  },
  'killed for 40 s': async () => {
    await redis.kill();
    await sleep(40_000);
    await redis.start();
  },
  flushed: () => admin.flushall(),
  'hung for 60 s': async () => {
    await admin.client('PAUSE', 60_000, 'ALL');
    await sleep(60_000);
  },
  'out of memory for 30 s': async () => {
    await admin.config('SET', 'maxmemory', '1');
    await sleep(30_000);
    await admin.config('SET', 'maxmemory', '0');
  },
};

/** The longest time in which a device was not asked, since an instant. */
function longestGap(since: number, until: number): number {
  const gaps = watched.devices.map(({ asked }) => {
    const times = [since, ...asked.map(({ at }) => at).filter((at) => at > since && at < until), until];
    return Math.max(...times.slice(1).map((at, i) => at - times[i]!));
  });
  return Math.max(...gaps);
}

const gapsMs: Record<string, number> = {};
const health: Record<string, number> = {};
for (const [name, fault] of Object.entries(FAULTS)) {
  const since = Date.now();
  const doing = fault();
  await sleep(1_000);
  const asked = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  health[name] = asked?.status ?? 0;
  await doing;
  await sleep(LOOK_MS);
  gapsMs[name] = longestGap(since, Date.now());
  process.stderr.write(`${name}: longest wait ${gapsMs[name]} ms, healthz ${health[name]}\n`);
}
const after = [...rolePids(sotp.pid, 'hub'), ...rolePids(sotp.pid, 'collector')].toSorted((a, b) => a - b);
const alive = before.length > 0 && before.join() === after.join();
watched.stop();
sotp.kill('SIGTERM');
const { status } = await sotp.ended;
await redis.close();
const worstMs = Math.max(...Object.values(gapsMs));
const ok = worstMs <= BAR_MS && alive && healthyWithout === 200 && Object.values(health).every((code) => code === 200);
console.log(
  JSON.stringify({
    bench: 'distribution/redis',
    ok,
    devices: DEVICES,
    gapsMs,
    health,
    healthyWithout,
    alive,
    exit: status,
  }),
);
if (ok) rmSync(root, { recursive: true, force: true });
process.exit(ok ? 0 : 1);
