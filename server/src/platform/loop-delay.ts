import type { Clock } from './clock.ts';

/** How long this process's event loop has been held up lately: whatever seemed to be late then may have been here. */
export interface LoopDelay {
  start(): void;
  stop(): void;
  /** The longest hold-up of about the last half minute, ms. */
  worstMs(): number;
}

const TICK_MS = 250;
/** Two of these are remembered: the present one and the one before. */
const SPAN_MS = 30_000;

export function createLoopDelay(clock: Clock): LoopDelay {
  let timer: NodeJS.Timeout | undefined;
  let tickedAt = 0;
  let spanEndsAt = 0;
  let now = 0;
  let before = 0;

  function tick(): void {
    const at = clock.monotonic();
    if (at >= spanEndsAt) {
      before = now;
      now = 0;
      spanEndsAt = at + SPAN_MS;
    }
    now = Math.max(now, at - tickedAt - TICK_MS);
    tickedAt = at;
  }

  return {
    start() {
      tickedAt = clock.monotonic();
      spanEndsAt = tickedAt + SPAN_MS;
      timer = setInterval(tick, TICK_MS).unref();
    },
    stop: () => clearInterval(timer),
    // One that is going on counts as well.
    worstMs: () => (timer === undefined ? 0 : Math.max(now, before, clock.monotonic() - tickedAt - TICK_MS)),
  };
}
