// A million mutated lines into the decoder, and the same bytes into the frame decoder: `node --expose-gc bench/logs/fuzz.ts [lines] [seed]`.
// Exits with 1 when a line crashes it, takes longer than 50 ms, or memory grows.
import { readFileSync, readdirSync } from 'node:fs';
import { decodeSyslog } from '../../server/src/protocols/syslog/decode.ts';
import { createFrameDecoder, FRAME_BYTES_MAX } from '../../server/src/protocols/syslog/framing.ts';
import { createChance } from './lines.ts';

const total = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 1);
const folder = new URL('../../server/src/protocols/syslog/cases/', import.meta.url);
const seeds = readdirSync(folder).map((name) => readFileSync(new URL(`${name}/input`, folder)));
const chance = createChance(seed);
const pick = (n: number) => Math.floor(chance() * n);
const TOKENS = [
  '<',
  '>',
  '[',
  ']',
  '"',
  '\\',
  '=',
  ' ',
  ':',
  '%',
  '%%01',
  '-',
  '*',
  '\0',
  '\n',
  '\r\n',
  '1 ',
  '<191>',
  '<999>',
  '999999999 ',
  '0 ',
  '\ufeff',
  '𝕊',
  '__proto__="x"',
  '[x ',
];

function mutate(line: Buffer): Buffer {
  let bytes = Buffer.from(line);
  for (let times = 1 + pick(6); times > 0; times--) {
    const at = pick(bytes.length + 1);
    switch (pick(7)) {
      case 0:
        if (bytes.length > 0) bytes[at % bytes.length] = pick(256);
        break;
      case 1:
        bytes = bytes.subarray(0, at);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(TOKENS[pick(TOKENS.length)]!), bytes.subarray(at)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + pick(12)))]);
        break;
      case 4: {
        const other = seeds[pick(seeds.length)]!;
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(pick(other.length))]);
        break;
      }
      case 5:
        if (pick(200) === 0)
          bytes = Buffer.concat([bytes, Buffer.from(TOKENS[pick(TOKENS.length)]!.repeat(pick(8_000)))]);
        break;
      default:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from([pick(256), pick(256), pick(256)]),
          bytes.subarray(at),
        ]);
    }
  }
  return bytes.length > FRAME_BYTES_MAX ? bytes.subarray(0, FRAME_BYTES_MAX) : bytes;
}

const context = { receivedAt: Date.parse('2026-11-23T10:00:05Z'), zoneMinutes: 0 };
let frames = 0;
let resets = 0;
let held = 0;
let slowest = 0;
let flawed = 0;
const open = () => createFrameDecoder({ frame: () => void frames++ });
let decoder = open();
let memoryBefore = 0;
const begun = performance.now();
for (let n = 0; n < total; n++) {
  if (n === Math.min(50_000, total >> 1)) {
    globalThis.gc?.();
    memoryBefore = process.memoryUsage.rss();
  }
  const bytes = mutate(seeds[pick(seeds.length)]!);
  const start = performance.now();
  const message = decodeSyslog(bytes, context);
  if (message.parseError !== '') flawed++;
  const cut = pick(bytes.length + 1);
  const fault = decoder.push(bytes.subarray(0, cut)) ?? decoder.push(bytes.subarray(cut));
  let took = performance.now() - start;
  // A busy machine stops a process for longer than that now and then; a line that is slow is slow every time.
  for (let again = 0; took > 10 && again < 5; again++) {
    const anew = performance.now();
    decodeSyslog(bytes, context);
    took = Math.min(took, performance.now() - anew);
  }
  slowest = Math.max(slowest, took);
  held = Math.max(held, decoder.pending);
  if (fault !== undefined || pick(500) === 0) {
    if (fault !== undefined) resets++;
    decoder.end();
    decoder = open();
  }
}
globalThis.gc?.();
const grown = (process.memoryUsage.rss() - memoryBefore) / 1024 / 1024;
const result = {
  bench: 'logs/fuzz',
  lines: total,
  seed,
  crashes: 0,
  flawed,
  frames,
  resets,
  slowestMs: Number(slowest.toFixed(1)),
  heldBytes: held,
  grownMiB: Math.round(grown),
  seconds: Math.round((performance.now() - begun) / 1000),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
if (slowest > 50 || held > 4 * FRAME_BYTES_MAX || grown > 60) process.exit(1);
