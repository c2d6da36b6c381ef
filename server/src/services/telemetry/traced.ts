import { isRecorded } from '#platform/tracing.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { Batch, SampleSpool } from './spool.ts';

/** Traced polls that a traced batch tells of. */
const LINKS_MAX = 32;

/** Knows which traced polls led to the batch that is being made, and hands it on as a part of them. */
export function createTracedBatches(spool: Pick<SampleSpool, 'append'>, tracing: Tracing) {
  const polls: string[] = [];
  return {
    /** A poll of the batch is recorded, from where it is. */
    notePoll(): void {
      const place = tracing.here();
      if (isRecorded(place) && polls.length < LINKS_MAX) polls.push(place);
    },
    /** Gives the batch to the spool: part of the first of its polls, linked to the others. */
    async append(batch: Batch): Promise<void> {
      const [from, ...alsoFrom] = polls.splice(0);
      if (from === undefined) return spool.append(batch);
      const facts = { polls: batch.runs.length, rows: batch.rows.length };
      await tracing.span(
        'ingest batch',
        ({ place }) => spool.append({ ...batch, ...(place !== undefined && { trace: place }) }),
        { from, alsoFrom, facts },
      );
    },
    /** Hands a batch of the spool to the stores, as a part of what made it. */
    deliver(batch: Batch, work: () => Promise<void>): Promise<void> {
      if (batch.trace === undefined) return work();
      return tracing.span('deliver batch', work, { kind: 'consumer', from: batch.trace });
    },
  };
}
