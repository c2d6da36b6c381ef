// Speed and size of the packed form: `node bench/store/codec.ts [devices]`.
import { decodeBlock, encodeBlock } from '../../server/src/stores/metrics/packed/codec.ts';
import { clientCpu } from './cpu.ts';
import { createFleet } from './fleet.ts';

const devices = Number(process.argv[2] ?? 60);
const PORTS = 48;

/** An hour of polls of every device, as columns. */
function hour(intervalMs: number) {
  const polls = 3_600_000 / intervalMs;
  const fleet = createFleet(devices, PORTS, intervalMs);
  const start = 1_790_000_000_000 - (1_790_000_000_000 % 3_600_000) + 7_000;
  const rows = Array.from({ length: polls }, (_, n) => fleet.poll(start + n * intervalMs));
  return Array.from({ length: devices }, (_, d) => ({
    at: Float64Array.from(rows, (row) => row[d]!.at),
    polledAt: Float64Array.from(rows, (row) => row[d]!.polledAt),
    restarted: new Uint8Array(polls),
    width: fleet.seriesPerDevice,
    data: Float64Array.from(
      { length: fleet.seriesPerDevice * polls },
      (_, i) => rows[i % polls]![d]!.values[Math.floor(i / polls)]!,
    ),
  }));
}

const table: Record<string, Record<string, number>> = {};
for (const intervalMs of [60_000, 10_000]) {
  const blocks = hour(intervalMs);
  const samples = blocks.reduce((sum, block) => sum + block.at.length * block.width, 0);
  const runs = 3;
  for (const block of blocks.slice(0, 5)) encodeBlock(block);
  const e = clientCpu();
  let encoded: Buffer[] = [];
  for (let i = 0; i < runs; i++) encoded = blocks.map(encodeBlock);
  const encodeSeconds = clientCpu() - e;
  let sum = 0;
  const into = new Float64Array(3_600_000 / intervalMs);
  const decodeAll = () => {
    for (const bytes of encoded) {
      const block = decodeBlock(bytes);
      for (let c = 0; c < block.width; c++) {
        block.read(c, into, 0);
        sum += into[0]!;
      }
    }
  };
  decodeAll();
  const d = clientCpu();
  for (let i = 0; i < runs; i++) decodeAll();
  const decodeSeconds = clientCpu() - d;
  const bytes = encoded.reduce((total, block) => total + block.length, 0);
  table[`every ${intervalMs / 1000} s`] = {
    samples,
    bytesPerSample: Number((bytes / samples).toFixed(3)),
    encodeMillionsPerSecond: Number(((samples * runs) / encodeSeconds / 1e6).toFixed(1)),
    decodeMillionsPerSecond: Number(((samples * runs) / decodeSeconds / 1e6).toFixed(1)),
  };
  if (Number.isNaN(sum)) throw new Error('a value was lost');
}
console.table(table);
console.log(JSON.stringify(table));
