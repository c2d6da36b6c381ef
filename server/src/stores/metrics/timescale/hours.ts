import { setTimeout as sleep } from 'node:timers/promises';
import { inlineInstant } from '#stores/metrics/packed/binary.ts';
import { isConflict } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';

/** TimescaleDB refuses a second one that sums up the same hours; so often it is asked again, a second later each time. */
const ATTEMPTS = 60;

/**
 * Sums up the hours in [from, to), epoch ms, or all from the first one on, as far as spans changed there. TimescaleDB's policy does the same
 * twice an hour; till then whoever asks would not see what came behind the hours that are summed up. Hours whose spans are
 * no longer kept would go.
 */
export async function sumUpHours(pg: Postgres, from: number, to?: number): Promise<void> {
  const [since, until] = [inlineInstant(from), to === undefined ? 'null' : inlineInstant(to)];
  const session = await pg.session({ patient: true });
  try {
    // Straight into the columnstore.
    await session.query('set timescaledb.enable_direct_compress_on_cagg_refresh = on');
    for (let attempt = 1; ; attempt++) {
      try {
        await session.query(`call refresh_continuous_aggregate('metric_ts_span_1h', ${since}, ${until})`);
        return;
      } catch (error) {
        const isBusy = isConflict(error) || (error instanceof Error && /concurrent refresh/.test(error.message));
        if (!isBusy || attempt === ATTEMPTS) throw error;
        await sleep(1_000);
      }
    }
  } finally {
    await session.close();
  }
}
