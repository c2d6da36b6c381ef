import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@sotp/contract/logs.ts';
import { AppError } from '#platform/errors.ts';
import { followLines } from './logs-follow.ts';

interface Line {
  readonly at: number;
  /** When it can be found: later than it was received. */
  readonly storedAt: number;
  readonly id: string;
}

/** A hub with these lines, asked for so many milliseconds of a clock of its own; `away` tells when it does not answer. */
async function followed(lines: readonly Line[], forMs: number, floor: number, away: (now: number) => boolean) {
  let now = 0;
  const stop = new AbortController();
  const got: string[] = [];
  const said: string[] = [];
  const instant = (at: number) => new Date(1_795_000_000_000 + at).toISOString();
  await followLines(
    { ids: [], askedAt: 0, floor: instant(floor) },
    {
      async ask(seconds) {
        if (away(now)) throw new AppError('database_unavailable', 'away', { retryable: true });
        return lines
          .filter(({ at, storedAt }) => storedAt <= now && at > now - seconds * 1_000)
          .toSorted((a, b) => a.at - b.at)
          .map(({ id, at }) => ({ id, receivedAt: instant(at) }) as LogEntry);
      },
      show: ({ id }) => got.push(id),
      away: ({ message }) => said.push(message),
      clock: {
        monotonic: () => now,
        async sleep(ms) {
          now += ms;
          if (now > forMs) stop.abort();
          stop.signal.throwIfAborted();
        },
      },
    },
    stop.signal,
  ).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return { got, said };
}

const LINES = Array.from({ length: 200 }, (_, i) => ({ id: `n${i}`, at: i * 100, storedAt: i * 100 + (i % 7) * 400 }));

test('each line comes once, late ones too', async () => {
  const { got, said } = await followed(LINES, 30_000, 0, () => false);
  assert.deepEqual([got.length, new Set(got).size, said.length], [200, 200, 0]);
});

test('a hub that is away for a while is said once, and nothing is missed', async () => {
  const { got, said } = await followed(LINES, 60_000, 0, (now) => now > 5_000 && now < 17_000);
  assert.deepEqual([got.length, new Set(got).size, said.length], [200, 200, 1]);
});

test('what is older than what was shown at first does not come behind it', async () => {
  const { got } = await followed(LINES, 30_000, 1_000, () => false);
  assert.equal(got.length, 190);
  assert.ok(!got.includes('n9'));
});

test('what will not mend itself ends it', async () => {
  const clock = { monotonic: () => 0, sleep: async () => undefined };
  const refused = new AppError('validation_failed', 'no such field');
  const ask = () => Promise.reject(refused);
  const nothing = () => undefined;
  await assert.rejects(
    followLines({ ids: [], askedAt: 0, floor: '' }, { ask, show: nothing, away: nothing, clock }),
    refused,
  );
});
