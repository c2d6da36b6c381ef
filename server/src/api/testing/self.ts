import type { Clock } from '#platform/clock.ts';
import { createMeter } from '#platform/meter.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import { createSelfReport } from '#services/telemetry/self-report.ts';
import type { SelfDeps } from '#api/health.ts';

/** What a hub tells of itself in tests; it is not ready for the problems that are in the list. */
export function createTestSelf(processes: ProcessBook, clock: Clock, problems: readonly string[]): SelfDeps {
  const meter = createMeter();
  const tell = createSelfReport({ role: 'hub', instance: 'here', clock, meter, counters: () => ({}) });
  return { processes, meter, tell: async () => [await tell()], readiness: async () => problems };
}
