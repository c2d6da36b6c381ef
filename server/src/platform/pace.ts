import type { Clock } from './clock.ts';

/** How much heavy work may go on at once, so that this process stays prompt: less while its timers are late. */
export interface Pace {
  /** As of now; never 0. */
  room(): number;
  stop(): void;
}

const TICK_MS = 100;
/** Later than this is late: whoever waits for an answer of the database waits for as long, many times in a row. */
const LATE_MS = 40;
/** Sooner than this there is room for more. */
const PROMPT_MS = 15;
const LEAST = 4;

/** The next room, given how late a timer was. */
export function nextRoom(room: number, lateMs: number, most: number): number {
  if (lateMs > LATE_MS) return Math.max(LEAST, Math.floor((room * 3) / 4));
  return lateMs < PROMPT_MS ? Math.min(most, room + 1) : room;
}

/** Begins with a quarter of `most`. */
export function createPace(clock: Clock, most: number): Pace {
  let room = Math.max(LEAST, Math.floor(most / 4));
  let tickedAt = clock.monotonic();
  const timer = setInterval(() => {
    const now = clock.monotonic();
    room = nextRoom(room, now - tickedAt - TICK_MS, most);
    tickedAt = now;
  }, TICK_MS).unref();
  return { room: () => room, stop: () => clearInterval(timer) };
}
