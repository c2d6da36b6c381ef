import type { BatchCodec } from '#services/spool/spool.ts';
import type { LogStore, PackedLines } from '#stores/logs/logs.ts';

/** Lines of a moment, packed for the store. */
export type LineBatch = readonly PackedLines[];

/** Lines as the spool keeps them: as the store packs them. */
export function createLineCodec(store: LogStore): BatchCodec<LineBatch> {
  return {
    count: (batch) => batch.reduce((sum, { lines, canary }) => sum + (canary ? 0 : lines), 0),
    encode: (batch) => store.encode(batch),
    decode: (bytes) => store.decode(bytes),
  };
}
