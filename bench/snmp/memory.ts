// Resident memory of an idle device besides its shared plan: `node bench/snmp/memory.ts [--devices 6000] [--v3]`.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import type { Target } from '../../server/src/collectors/collector.ts';
import { createSnmpCollector } from '../../server/src/collectors/snmp/index.ts';
import { SnmpSettings } from '../../server/src/collectors/snmp/settings.ts';
import { openTransport } from '../../server/src/collectors/snmp/transport/open.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { addressOf, v3Credential } from './device.ts';

const { values: options } = parseArgs({
  options: { devices: { type: 'string', default: '6000' }, v3: { type: 'boolean', default: false } },
});
if (!process.execArgv.includes('--expose-gc')) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
const devices = Number(options.devices);
const BAR = 3000;
const port = 20_000 + Math.floor(Math.random() * 10_000);
const responder = fork(new URL('./responder.ts', import.meta.url), [String(devices), '48', String(port)], {
  execArgv: [],
});
await once(responder, 'message');

const value: CredentialSecret = options.v3 ? v3Credential : { kind: 'snmp-v2c', secret: { community: 'public' } };
const targets = Array.from({ length: devices }, (_, i): Target => {
  const address = addressOf(i);
  return { deviceId: i, address, credentials: [{ id: 'c', name: 'credential', value }] };
});
const deps = { clock: systemClock, log: silentLog, random: Math.random };
const transport = await openTransport(deps);
const collector = createSnmpCollector(transport, deps);
const settings = SnmpSettings.parse({ port });
const endless = new AbortController().signal;

async function pollFrom(first: number, last: number): Promise<void> {
  for (let i = first; i < last; i += 32) {
    const some = targets.slice(i, Math.min(last, i + 32));
    await Promise.all(
      some.map((t) => collector.poll(t, settings, { signal: endless, budgetMs: 60_000, at: Date.now() })),
    );
  }
}

async function used(): Promise<number> {
  for (let i = 0; i < 4; i += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// What the program needs once is paid, and what it needed at first given back, after some 2,000 devices: the growth is
// measured from half of them on.
const warm = Math.floor(devices / 2);
await pollFrom(0, warm);
const before = await used();
await pollFrom(warm, devices);
const perDevice = Math.round(((await used()) - before) / (devices - warm));
console.table([{ devices, 'octets / idle device': perDevice, bar: BAR }]);
console.log(
  JSON.stringify({ bench: 'snmp/memory', devices, v3: options.v3, perDevice, bar: BAR, passed: perDevice <= BAR }),
);
await collector.close();
responder.disconnect();
process.exitCode = perDevice <= BAR ? 0 : 1;
