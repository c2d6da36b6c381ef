import type { Clock } from './clock.ts';
import type { Component } from './lifecycle.ts';

/** How long this process's event loop was held up: whatever seemed to be late then may have been late here. */
export interface LoopDelay extends Component {
  /** The longest hold-up that ended after the monotonic instant, or goes on, ms; small ones are told as none. */
  worstSince(instant: number): number;
}

const TICK_MS = 250;
/** Hold-ups below this are everyday life. */
const WORTH_MS = 100;
/** No poll takes longer. */
const KEEP_MS = 60_000;

export function createLoopDelay(clock: Clock): LoopDelay {
  let timer: NodeJS.Timeout | undefined;
  let tickedAt = 0;
  let holdUps: { readonly endedAt: number; readonly ms: number }[] = [];

  function tick(): void {
    const at = clock.monotonic();
    const ms = at - tickedAt - TICK_MS;
    tickedAt = at;
    if (ms < WORTH_MS) return;
    holdUps = holdUps.filter(({ endedAt }) => endedAt > at - KEEP_MS);
    holdUps.push({ endedAt: at, ms });
  }

  return {
    name: 'loop delay',
    async start() {
      tickedAt = clock.monotonic();
      timer = setInterval(tick, TICK_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
    },
    worstSince(instant) {
      if (timer === undefined) return 0;
      // One that is going on counts as well.
      let worst = clock.monotonic() - tickedAt - TICK_MS;
      for (const { endedAt, ms } of holdUps) if (endedAt > instant) worst = Math.max(worst, ms);
      return worst < WORTH_MS ? 0 : worst;
    },
  };
}
