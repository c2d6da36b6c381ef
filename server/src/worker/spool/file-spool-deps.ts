import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { BatchCodec } from '#services/spool/spool.ts';
import type { SpoolFiles } from './append-file.ts';
import type { SpoolNames } from './names.ts';
import type { Joining } from './together.ts';

export interface FileSpoolDeps<B> {
  readonly dir: string;
  readonly codec: BatchCodec<B>;
  readonly names: SpoolNames;
  /** What gives way when it is full: the oldest segment, or what would come now, which the caller then must not append. */
  readonly whenFull: 'drop_oldest' | 'refuse_newest';
  /** Directories of processes that there are no more; what they left is delivered by this one. */
  readonly adopt?: readonly string[];
  /** Names this process's sequences; new with every process. */
  readonly source: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes on disk at most. */
  readonly maxBytes?: number;
  readonly segmentBytes?: number;
  /** How long an undelivered batch may wait until it is on the disk itself; 0: every batch at once. */
  readonly syncMs?: number;
  /** Batches delivered at once while many wait; 1 keeps them strictly in order, and is what is left out. */
  readonly waveBatches?: number;
  /** How batches that follow each other in memory are delivered as one; left out: each by itself. */
  readonly joining?: Joining<B>;
  readonly files?: SpoolFiles;
}
