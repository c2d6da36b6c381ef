import type { BatchOrigin } from '#domain/batch-origin.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { VERSION } from './block-two.ts';
import type { LogBlock } from './pack.ts';

const INSERT = `insert into log_block (class, first_at, last_at, block, lines, counts, tokens, payload, version)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`;

const INT4 = 23;

/** An `int[]` as PostgreSQL takes it in binary: as text each of ten thousand numbers would be written, and read again. */
export function binaryIntegers(numbers: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(20 + numbers.length * 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // Dimensions, nulls, type; then length and lower bound of the only dimension.
  for (const [i, word] of [1, 0, INT4, numbers.length, 1].entries()) view.setInt32(i * 4, word);
  let at = 20;
  for (const number of numbers) {
    view.setInt32(at, 4);
    view.setInt32(at + 4, number);
    at += 8;
  }
  return bytes;
}

/** Of one source so many batches are remembered: it hands them over in order, so only the newest can come again. */
const REMEMBERED = 1_000;

/** Stores blocks; one that is there already is not stored again. */
export async function insertBlocks(tx: Queryable, blocks: readonly LogBlock[]): Promise<void> {
  for (const { class: number, first, last, block, lines, counts, tokens, payload } of blocks) {
    await tx.query(
      INSERT,
      [
        number,
        new Date(first),
        new Date(last),
        block,
        lines,
        counts,
        binaryIntegers(tokens),
        payload,
        payload[0] === VERSION ? VERSION : 1,
      ],
      'log-block-insert-2',
    );
  }
}

/** True when the origin is new; remembered with the transaction. */
async function isNew(tx: Queryable, { source, sequence }: BatchOrigin): Promise<boolean> {
  const { rowCount } = await tx.query(
    'insert into log_batch (source, sequence) values ($1, $2) on conflict do nothing',
    [source, sequence],
    'log-batch',
  );
  if (sequence % REMEMBERED === 0) {
    await tx.query('delete from log_batch where source = $1 and sequence < $2', [source, sequence - REMEMBERED]);
  }
  return rowCount !== 0;
}

/** Stores blocks with their origin; nothing when the origin is there already, since merging may have renamed its blocks. */
export async function storeBlocks(pg: Postgres, blocks: readonly LogBlock[], origin?: BatchOrigin): Promise<void> {
  await pg.transaction(async (tx) => {
    if (origin && !(await isNew(tx, origin))) return;
    await insertBlocks(tx, blocks);
  });
}

/** Forgets the origins of processes that have been silent for weeks. */
export async function forgetOrigins(pg: Pick<Postgres, 'query'>): Promise<void> {
  await pg.query(`delete from log_batch where stored_at < now() - interval '14 days'`);
}
