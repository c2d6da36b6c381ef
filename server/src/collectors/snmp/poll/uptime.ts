/** sysUpTime is hundredths of a second in 32 bits: it wraps after 497 days. */
const WRAP_TICKS = 2 ** 32;

export interface UptimeReading {
  /** sysUpTime in hundredths of a second. */
  ticks: number;
  /** When it was read, by a clock that never goes back, in milliseconds. */
  atMs: number;
}

/**
 * Whether the agent started anew between two readings: its uptime is behind what it should be by now, and not because
 * it wrapped. Half a minute and a twentieth of the time between are forgiven: agents' clocks are not good.
 */
export function hasRestarted(before: Readonly<UptimeReading>, now: Readonly<UptimeReading>): boolean {
  const elapsed = Math.max(0, (now.atMs - before.atMs) / 10);
  const forgiven = 3000 + elapsed / 20;
  const expected = before.ticks + elapsed;
  if (now.ticks >= expected - forgiven) return false;
  const wrapped = expected - WRAP_TICKS;
  const isWrap = wrapped > -forgiven && Math.abs(now.ticks - wrapped) <= forgiven;
  // Close to zero a wrap and a restart look alike only when the uptime was about to wrap anyway.
  return !isWrap;
}
