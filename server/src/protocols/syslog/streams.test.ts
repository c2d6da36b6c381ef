import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createFrameDecoder } from './framing.ts';

// A case is a folder: `input`, all bytes of one connection (or `input.json`: pieces and how often each comes), and `expected.json`: the frames that come of them, the number
// of those that were cut, and the fault at which the connection is ended, if any.
const STREAMS = new URL('./streams/', import.meta.url);

function inputOf(name: string): Buffer {
  const folder = new URL(`${name}/`, STREAMS);
  if (existsSync(new URL('input', folder))) return readFileSync(new URL('input', folder));
  const pieces = JSON.parse(readFileSync(new URL('input.json', folder), 'utf8')) as [string, number][];
  return Buffer.from(pieces.map(([piece, times]) => piece.repeat(times)).join(''));
}

function cutInto(bytes: Buffer, size: number) {
  const frames: string[] = [];
  let cut = 0;
  let fault: string | null = null;
  let most = 0;
  const decoder = createFrameDecoder({
    frame(data, start, end, truncated) {
      // A long frame is told by its length: nobody wants to read 64 KiB in a case.
      const text = data.toString('latin1', start, end);
      frames.push(text.length > 1_000 ? `${text.slice(0, 20)}… ${text.length} octets` : text);
      if (truncated) cut++;
    },
  });
  for (let at = 0; at < bytes.length && fault === null; at += size) {
    fault = decoder.push(bytes.subarray(at, at + size)) ?? null;
    most = Math.max(most, decoder.pending);
  }
  if (fault === null) decoder.end();
  assert.ok(most <= 65_536 + 64 + size, `${most} octets were held`);
  return { frames, cut, fault };
}

for (const name of readdirSync(STREAMS).toSorted()) {
  test(`stream ${name}, whole, in pieces, and octet by octet`, () => {
    const input = inputOf(name);
    const expected: unknown = JSON.parse(readFileSync(new URL(`${name}/expected.json`, STREAMS), 'utf8'));
    // Octet by octet, what is long would only take long.
    for (const size of input.length > 20_000 ? [input.length, 65_536, 1_448] : [input.length, 1_448, 7, 1]) {
      assert.deepEqual(cutInto(input, size), expected, `pieces of ${size}`);
    }
  });
}
