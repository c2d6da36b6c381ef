// R3: does the canary find a loss of 1 % within a minute, and how late is what comes through? Some installations at once, each with two
// collectors, a database, an evaluator and a receiver of its own. First nothing is lost; then a thief at the port of the stores takes each row and
// each line away with the given chance. Found: the webhook has been called. node bench/canary/loss.ts [worlds] [percent] [calm seconds]
// Prints one line of JSON; exits 1 when one world finds nothing within 60 s, or finds something before there is anything.
import { setTimeout as sleep } from 'node:timers/promises';
import { openWorld } from './world.ts';

const [worldsText = '8', percentText = '1', calmText = '75'] = process.argv.slice(2);
const percent = Number(percentText);
const FOUND_MS = 60_000;
const COLLECTORS = 2;

const worlds = await Promise.all(
  Array.from({ length: Number(worldsText) }, () => openWorld({ collectors: COLLECTORS })),
);
const losses = ({ received }: (typeof worlds)[number]) =>
  received.filter(({ alert, event }) => event === 'fired' && alert.code === 'canary_loss');

/** A figure of all worlds, in order. */
const figures = (name: string) =>
  worlds.map(({ canary }) => Math.round(canary.counters()[name] ?? -1)).toSorted((a, b) => a - b);
const sum = (name: string) => worlds.reduce((total, { canary }) => total + (canary.counters()[name] ?? 0), 0);

await sleep(5_000);
const before = { at: performance.now(), cpu: process.cpuUsage() };
await sleep(Number(calmText) * 1_000 - 5_000);
const used = process.cpuUsage(before.cpu);
const cpuPercent = ((used.user + used.system) / 1e3 / (performance.now() - before.at) / worlds.length) * 100;
const falseAlarms = worlds.flatMap(({ received }) => received.map(({ alert }) => `${alert.code} ${alert.subject}`));
const paths = ['metric', 'log', 'alert'] as const;
const calm = Object.fromEntries(
  paths.map((path) => [
    path,
    {
      seen: sum(`canary_seen_total{path="${path}"}`),
      lost: sum(`canary_lost_total{path="${path}"}`),
      p50Ms: figures(`canary_latency_ms{path="${path}",quantile="0.5"}`),
      p99Ms: figures(`canary_latency_ms{path="${path}",quantile="0.99"}`),
    },
  ]),
);

const began = performance.now();
for (const { thief } of worlds) thief.percent = percent;
const foundMs = await Promise.all(
  worlds.map(async (world) => {
    while (performance.now() - began < FOUND_MS) {
      if (losses(world).length > 0) return Math.round(performance.now() - began);
      await sleep(50);
    }
    return null;
  }),
);
const taken = worlds.map(({ thief: { rows, lines } }) => ({ rows, lines }));
const counted = worlds.map(({ canary }) => ({
  rows: canary.counters()['canary_lost_total{path="metric"}'],
  lines: canary.counters()['canary_lost_total{path="log"}'],
}));
await Promise.all(worlds.map((world) => world.close()));
const met = foundMs.every((ms) => ms !== null) && falseAlarms.length === 0;
console.log(
  JSON.stringify({
    bench: 'canary loss (R3)',
    worlds: worlds.length,
    collectors: COLLECTORS,
    percent,
    foundMs: foundMs.toSorted((a, b) => (a ?? Infinity) - (b ?? Infinity)),
    taken,
    counted,
    falseAlarms,
    calm,
    cpuPercentPerWorld: Number(cpuPercent.toFixed(2)),
    barMs: FOUND_MS,
    met,
  }),
);
process.exitCode = met ? 0 : 1;
