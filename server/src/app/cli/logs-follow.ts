import type { LogEntry } from '@sotp/contract/logs.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';

const FOLLOW_MS = 500;
/** Lines are stored within half a second; what comes late is still looked for. */
const LATE_MS = 3_000;

/** The lines that were shown before. */
export interface ShownBefore {
  readonly ids: Iterable<string>;
  /** When they were asked for, by the clock's `monotonic`. */
  readonly askedAt: number;
  /** What was received before this instant is not shown any more; empty for no such instant. */
  readonly floor: string;
}

export interface FollowDeps {
  /** Lines received in the last so many seconds by the clock of the hub, oldest first. */
  ask(seconds: number): Promise<LogEntry[]>;
  show(line: LogEntry): void;
  /** Said once, when the hub cannot answer now; lines go on when it can. */
  away(error: AppError): void;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
}

/** Shows lines as they are stored, each once, for ever. */
export async function followLines(
  before: ShownBefore,
  { ask, show, away, clock }: FollowDeps,
  signal?: AbortSignal,
): Promise<void> {
  let known = new Set(before.ids);
  let { askedAt } = before;
  let said = false;
  for (;;) {
    await clock.sleep(FOLLOW_MS, signal);
    const now = clock.monotonic();
    let lines: LogEntry[];
    try {
      lines = await ask(Math.ceil((now - askedAt + LATE_MS) / 1_000));
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable) throw error;
      if (!said) away(error);
      said = true;
      continue;
    }
    said = false;
    askedAt = now;
    for (const line of lines) if (!known.has(line.id) && line.receivedAt >= before.floor) show(line);
    known = new Set(lines.map(({ id }) => id));
  }
}
