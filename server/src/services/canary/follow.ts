import type { CanarySighting } from '#domain/canary-stream.ts';
import type { PathWatch } from './path-watch.ts';

/** What has come through between two instants, from whom. */
export type ReadCanaries = (
  from: number,
  to: number,
) => Promise<readonly { readonly stream: string; readonly sighting: CanarySighting }[]>;

/** Whoever is no further behind is looked at all the time. */
const LIVE_MS = 60_000;
/** Clocks differ a little. */
const AHEAD_MS = 5_000;
/** Whoever is further behind is given up: what he sent may be past its time when it comes. */
const GIVEN_UP_MS = 50 * 60_000;
/** Of whoever has fallen behind so much is looked at in one go: what waits in a spool comes in its order. */
const PART_MS = 60_000;
const PARTS_MAX = 10;
const BEHIND_EVERY = 5;

/** Reads what is new on a path. Streams that have fallen behind are looked for where they stopped, less often. */
export function createFollower(watch: PathWatch, read: ReadCanaries) {
  let looks = 0;

  async function take(from: number, to: number, now: () => number): Promise<void> {
    const found = await read(from, to);
    const seenAt = now();
    for (const { stream, sighting } of found) watch.see(stream, sighting, seenAt);
  }

  async function catchUp(stream: string, now: () => number): Promise<void> {
    for (let part = 0; part < PARTS_MAX; part++) {
      const from = watch.positions().get(stream);
      if (from === undefined || from >= now() - LIVE_MS) return;
      await take(from, from + PART_MS, now);
      if (watch.positions().get(stream) === from) return;
    }
  }

  return async function look(now: () => number): Promise<void> {
    const at = now();
    const positions = watch.positions();
    const behind: string[] = [];
    let from = positions.size === 0 ? at - LIVE_MS / 3 : at;
    for (const [stream, position] of positions) {
      if (position < at - GIVEN_UP_MS) watch.forget(stream);
      else if (position < at - LIVE_MS) behind.push(stream);
      else from = Math.min(from, position);
    }
    // Who has been behind, or is new, appears here.
    await take(Math.min(from, at - 2_000), at + AHEAD_MS, now);
    if (looks++ % BEHIND_EVERY !== 0) return;
    for (const stream of behind) await catchUp(stream, now);
  };
}
