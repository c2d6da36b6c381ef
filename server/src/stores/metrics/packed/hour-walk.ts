import type { Log } from '#platform/log.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { HEAD, HOUR_MS, listPartitions, partitionName } from './partitions.ts';
import { finishProgress, openProgress, saveProgress } from './progress.ts';

/** Devices that one transaction packs at most. */
const DEVICES_PER_CHUNK = 64;
/** Rows may arrive for an hour while it is being packed; after so many rounds it waits for the next call. */
const ROUNDS = 3;
/** Any number that no other use of advisory locks in this database has. */
const LOCK = 7_362_010;

/** How far the work may go; epoch ms. */
export interface Until {
  /** Hours, and days for their roll-ups, that end at or before this. */
  readonly before: number;
  /** Days that ended before this have all their rows, mostly: their hours become one. */
  readonly daysBefore: number;
}

export interface Compactor {
  /**
   * Rewrites every closed hour, oldest first, and then what is made of days. Does nothing when another process is at it.
   * What it is killed in, or leaves when aborted, is gone on with by the next call.
   */
  run(until: Until, signal?: AbortSignal): Promise<{ hours: number; polls: number }>;
}

export interface HourWalkDeps {
  readonly pg: Postgres;
  readonly log: Log;
  /** Polls that one call of `pack` gets, about: what bounds its memory and its time. */
  readonly pollsPerChunk: number;
  /** Makes room for an hour. */
  readonly prepare?: (start: number) => Promise<void>;
  /** Rewrites what some devices have in an hour's partition; done twice it does no harm. */
  readonly pack: (start: number, deviceIds: readonly number[]) => Promise<void>;
  /** After all hours: what is made of whole days. */
  readonly afterHours?: (until: Until, signal?: AbortSignal) => Promise<void>;
}

/** As many of the first devices as the limit of polls allows, at least one. */
function withinPolls<T extends { polls: number }>(devices: readonly T[], limit: number): readonly T[] {
  let polls = 0;
  const beyond = devices.findIndex((device) => (polls += device.polls) > limit);
  return beyond < 0 ? devices : devices.slice(0, Math.max(1, beyond));
}

/** Goes over the closed hours of the head, some devices at a time, and drops each hour that is done. */
export function createHourWalk(deps: HourWalkDeps): Compactor {
  const { pg, log } = deps;

  async function compactHour(start: number, signal?: AbortSignal): Promise<number> {
    await deps.prepare?.(start);
    const partition = partitionName(HEAD, start);
    for (let round = 0; round < ROUNDS; round++) {
      let { doneDevice, polls } = await openProgress(pg, 'hour', start);
      for (;;) {
        if (signal?.aborted) return 0;
        const { rows } = await pg.query<{ id: number; polls: number }>(
          `select device_id as id, count(*) as polls from ${partition} where device_id > $1
           group by device_id order by device_id limit ${DEVICES_PER_CHUNK}`,
          [doneDevice],
        );
        const chunk = withinPolls(rows, deps.pollsPerChunk);
        const last = chunk.at(-1);
        if (!last) break;
        doneDevice = last.id;
        polls += chunk.reduce((sum, row) => sum + row.polls, 0);
        await deps.pack(
          start,
          chunk.map((row) => row.id),
        );
        // Only now, with all that hangs on them: what is done twice does no harm, what is left out would.
        await saveProgress(pg, 'hour', start, { doneDevice, polls });
      }
      if (await closeHour(start, polls)) return polls;
      // Rows came for devices that were done already: all again, which changes nothing where nothing came.
      await saveProgress(pg, 'hour', start, { doneDevice: 0, polls: 0 });
    }
    return 0;
  }

  /** Drops the hour's partition if it holds no more than was packed. Writers and readers wait for as long as it counts. */
  async function closeHour(start: number, polls: number): Promise<boolean> {
    return pg.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '2s'`);
      await tx.query('lock table only metric_head in access exclusive mode');
      const { rows } = await tx.query<{ n: number }>( // The canary's rows, of device 0, are packed by nobody: they go with the partition.
        `select count(*) as n from ${partitionName(HEAD, start)} where device_id > 0`,
      );
      if (rows[0]?.n !== polls) return false;
      await tx.query(`drop table ${partitionName(HEAD, start)}`);
      await finishProgress(tx, 'hour', start);
      return true;
    });
  }

  async function runLocked(until: Until, signal?: AbortSignal): Promise<{ hours: number; polls: number }> {
    const done = { hours: 0, polls: 0 };
    for (const start of await listPartitions(pg, HEAD)) {
      if (start + HOUR_MS > until.before || signal?.aborted) break;
      const began = performance.now();
      const polls = await compactHour(start, signal);
      done.hours += 1;
      done.polls += polls;
      if (polls > 0)
        log.debug(
          { hour: new Date(start).toISOString(), polls, ms: Math.round(performance.now() - began) },
          'packed an hour',
        );
    }
    await deps.afterHours?.(until, signal);
    return done;
  }

  return {
    async run(until, signal) {
      const session = await pg.session({ patient: true });
      try {
        const { rows } = await session.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK]);
        return rows[0]?.locked ? await runLocked(until, signal) : { hours: 0, polls: 0 };
      } finally {
        await session.close();
      }
    },
  };
}
