import { migrateDatabase } from '#app/database.ts';
import { prepareTimescale } from '#app/metric-backend.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createTimescaleMetricStore } from '#stores/metrics/timescale/timescale.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';

/** Moves all packed time series of a database into TimescaleDB. Ctrl-C stops it between two devices; it can go on later. */
export async function moveMetrics(
  databaseUrl: string,
  tell: (days: number, day: Date) => void,
): Promise<{ days: number; devices: number }> {
  await migrateDatabase(databaseUrl, silentLog);
  await prepareTimescale(databaseUrl, silentLog);
  const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 4, applicationName: 'sotp metrics move' });
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  await pg.start();
  try {
    const { mover } = createTimescaleMetricStore({ pg, clock: systemClock, log: silentLog });
    return await mover.run(
      { deadline: Infinity, patient: true, tell: ({ days }, day) => tell(days, new Date(day)) },
      stopping.signal,
    );
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    await pg.stop();
  }
}
