import type { Readiness } from '#api/health.ts';
import { atMost } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';

/** A database that hangs answers nobody; whoever asks for readiness is told so after this long. */
const PATIENCE_MS = 1_000;

/**
 * Whether the hub can serve: as long as the database answers, and until it is told to drain. Asks the database once at a
 * time, however many want to know: what hangs holds one connection.
 */
export function createReadiness(pg: Pick<Postgres, 'query'>, clock: Clock): { reasons: Readiness; drain(): void } {
  let draining = false;
  let asking: Promise<string[]> | undefined;

  async function ask(): Promise<string[]> {
    try {
      await pg.query('select 1');
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : 'The database does not answer.'];
    } finally {
      asking = undefined;
    }
  }

  return {
    drain() {
      draining = true;
    },
    async reasons() {
      if (draining) return ['SOTP is shutting down.'];
      asking ??= ask();
      const asked = asking;
      return (await atMost(clock, PATIENCE_MS, asked)) ? asked : ['The database does not answer.'];
    },
  };
}
