import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFrameDecoder, FRAME_BYTES_MAX } from './framing.ts';

interface Outcome {
  frames: string[];
  cut: number;
  fault: string | undefined;
  most: number;
}

function run(chunks: readonly (Buffer | string)[], max?: number): Outcome {
  const outcome: Outcome = { frames: [], cut: 0, fault: undefined, most: 0 };
  const decoder = createFrameDecoder(
    {
      frame(bytes, start, end, truncated) {
        outcome.frames.push(bytes.toString('utf8', start, end));
        if (truncated) outcome.cut++;
      },
    },
    max,
  );
  for (const chunk of chunks) {
    outcome.fault = decoder.push(Buffer.from(chunk));
    outcome.most = Math.max(outcome.most, decoder.pending);
    if (outcome.fault) return outcome;
  }
  decoder.end();
  return outcome;
}

test('counted frames', () => {
  assert.deepEqual(run(['5 <1>ab6 <1>abc']).frames, ['<1>ab', '<1>abc']);
});

test('a counted frame may hold line ends', () => {
  assert.deepEqual(run(['8 <1>a\nb\nc5 <1>de']).frames, ['<1>a\nb\nc', '<1>de']);
});

test('lines ended by LF, CRLF and NUL', () => {
  assert.deepEqual(run(['<1>a\n<1>b\r\n<1>c\0<1>d\n']).frames, ['<1>a', '<1>b\r', '<1>c', '<1>d']);
});

test('the last line needs no end', () => {
  assert.deepEqual(run(['<1>a\n<1>b']).frames, ['<1>a', '<1>b']);
});

test('line ends between counted frames are passed over', () => {
  assert.deepEqual(run(['5 <1>ab\r\n5 <1>cd\0']).frames, ['<1>ab', '<1>cd']);
});

test('both framings on one connection', () => {
  assert.deepEqual(run(['<1>a\n5 <1>bc<1>d\n5 <1>ef']).frames, ['<1>a', '<1>bc', '<1>d', '<1>ef']);
});

test('lines that begin with numbers are lines, before anything was counted', () => {
  assert.deepEqual(run(['12 monkeys\n-1 <13>x\n0 <13>y\n007 <13>z\n']).frames, [
    '12 monkeys',
    '-1 <13>x',
    '0 <13>y',
    '007 <13>z',
  ]);
});

test('a count that lies ends the connection and is never waited for', () => {
  assert.equal(run(['999999999 <13>x']).fault, 'count_too_large');
  assert.equal(run(['5 <1>ab', '0 <1>x']).fault, 'bad_count');
  assert.equal(run(['5 <1>ab', '012 <1>x']).fault, 'bad_count');
  assert.equal(run(['5 <1>ab', `-1 ${'x'.repeat(300)}`]).fault, 'bad_count');
  assert.equal(run(['5 <1>ab', '12<1>x']).fault, 'bad_count');
});

test('a sender that counts characters loses the end of a line, and no other line', () => {
  assert.deepEqual(run(['7 <1>grün8 <1>abcde']).frames, ['<1>grü', '<1>abcde']);
});

test('a count too long by the end of the connection gives what came, marked', () => {
  const { frames, cut } = run(['50 <1>short']);
  assert.deepEqual(frames, ['50 <1>short']);
  assert.equal(cut, 1);
});

test('a frame longer than the limit is cut, marked, and the next one is whole', () => {
  const counted = run([`200000 <1>${'x'.repeat(199_997)}5 <1>ab`]);
  assert.deepEqual([counted.frames[0]?.length, counted.frames[1], counted.cut], [FRAME_BYTES_MAX, '<1>ab', 1]);
  const line = run([`<1>${'x'.repeat(1_048_576)}\n<1>b\n`]);
  assert.deepEqual([line.frames[0]?.length, line.frames[1], line.cut], [FRAME_BYTES_MAX, '<1>b', 1]);
});

test('never more than one frame is held, however the bytes drip', () => {
  const { frames, most } = run(
    [...Buffer.from(`<1>${'x'.repeat(3_000)}\n<1>b\n`)].map((byte) => Buffer.from([byte])),
    1024,
  );
  assert.ok(most <= 1024, `held ${most}`);
  assert.deepEqual([frames[0]?.length, frames[1]], [1024, '<1>b']);
});

const line = fc.stringMatching(/^<1>[a-z0-9 ]{0,80}$/).map((text) => text.trimEnd());
const framed = fc.array(fc.tuple(line, fc.boolean()), { maxLength: 20 });

test('however the stream is cut into chunks, the frames are the same', () => {
  fc.assert(
    fc.property(framed, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 }), (lines, sizes) => {
      const stream = Buffer.from(
        lines.map(([text, counted]) => (counted ? `${text.length} ${text}` : `${text}\n`)).join(''),
      );
      const chunks: Buffer[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length]!;
        chunks.push(stream.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(
        run(chunks).frames,
        lines.map(([text]) => text),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('no bytes make it hold more than a frame and its head', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 30 }), (chunks) => {
      assert.ok(
        run(
          chunks.map((chunk) => Buffer.from(chunk)),
          128,
        ).most <=
          128 + 200 + 12,
      );
    }),
    { numRuns: 1_000 },
  );
});
