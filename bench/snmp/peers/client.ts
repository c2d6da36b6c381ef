// A contender of bench/snmp/polls.ts in a process of its own. Arguments: dgram, koffi or npm; devices, ports, UDP port,
// v2c or v3. Says "ready" when it knows all devices, then answers each number of milliseconds with what a round cost.
import type { Plan, Round } from './peer.ts';
import { CONCURRENCY } from './peer.ts';
import { npmPoller } from './npm.ts';
import { sotpPoller } from './sotp.ts';

const [client = '', devices, ports, port, security] = process.argv.slice(2);
const plan: Plan = {
  devices: Number(devices),
  ports: Number(ports),
  port: Number(port),
  security: security === 'v3' ? 'v3' : 'v2c',
};
const { poll, datagrams } =
  client === 'npm' ? { poll: npmPoller(plan), datagrams: null } : await sotpPoller(client === 'koffi', plan);
const workers = Math.min(CONCURRENCY, plan.devices);
/** Each worker has devices of its own, so that none is ever asked twice at once, and goes on where it stopped. */
const next = Array.from({ length: workers }, (_, worker) => worker);

async function round(ms: number): Promise<Round> {
  const before = datagrams?.();
  const cpu = process.cpuUsage();
  const started = performance.now();
  let polls = 0;
  let varbinds = 0;
  const work = async (first: number): Promise<void> => {
    while (performance.now() - started < ms) {
      const device = next[first] ?? first;
      next[first] = device + workers < plan.devices ? device + workers : first;
      const came = await poll(device);
      varbinds += came;
      polls += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  const { user, system } = process.cpuUsage(cpu);
  const cost = { polls, varbinds, cpuMicros: user + system, wallMicros: (performance.now() - started) * 1000 };
  const after = datagrams?.();
  if (!before || !after) return cost;
  const { sent, retried, timedOut } = after;
  return {
    ...cost,
    datagrams: {
      sent: sent - before.sent,
      retried: retried - before.retried,
      timedOut: timedOut - before.timedOut,
    },
  };
}

for (let from = 0; from < plan.devices; from += 32) {
  const some = Array.from({ length: Math.min(32, plan.devices - from) }, (_, i) => poll(from + i));
  await Promise.all(some);
}
process.on('message', (ms) => void round(Number(ms)).then((result) => process.send?.(result)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
