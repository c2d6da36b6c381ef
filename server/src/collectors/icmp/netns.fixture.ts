import { silentLog } from '#platform/log.ts';
import { systemClock } from '#platform/clock.ts';
import { createIcmpCollector, IcmpSettings } from './collector.ts';
import { openIcmpSockets } from './koffi.ts';

// Runs inside a network namespace of its own: polls the addresses of its arguments at once and prints one JSON line.
const sockets = openIcmpSockets();
const collector = createIcmpCollector(sockets, { log: silentLog, clock: systemClock });
const settings = IcmpSettings.parse({ count: 2, spacingMs: 10, timeoutMs: 4500 });
const results = await Promise.all(
  process.argv.slice(2).map(async (address, deviceId) => {
    const ctx = { signal: new AbortController().signal, budgetMs: 20_000, at: Date.now() };
    const result = await collector.poll({ deviceId, address, credentials: [] }, settings, ctx);
    return [address, { loss: result.samples[0]?.values[1], fault: result.faults[0] ?? null }] as const;
  }),
);
process.stdout.write(`${JSON.stringify({ kind: sockets.v4.kind, results: Object.fromEntries(results) })}\n`);
await collector.close();
