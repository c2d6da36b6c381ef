import type { NewLine, SenderNote } from '#stores/logs/logs.ts';

/** Senders noted between two writes; a flood of forged addresses must not fill the memory. */
const SENDERS_MAX = 2_000;

type Counted = { -readonly [key in keyof SenderNote]: SenderNote[key] };

/** Counts the lines of senders that are no device, until somebody takes the counts. */
export function createSenderBook() {
  let counts = new Map<string, Counted>();
  return {
    note({ sender, host, receivedAt, severity }: NewLine): void {
      const key = `${sender} ${host}`;
      const known = counts.get(key);
      if (known) {
        known.lines++;
        known.lastAt = receivedAt;
        known.worstSeverity = Math.min(known.worstSeverity, severity);
      } else if (counts.size < SENDERS_MAX) {
        const seen = { firstAt: receivedAt, lastAt: receivedAt, lines: 1, worstSeverity: severity };
        counts.set(key, { address: sender, host, ...seen });
      }
    },
    take(): SenderNote[] {
      const taken = [...counts.values()];
      counts = new Map();
      return taken;
    },
  };
}
