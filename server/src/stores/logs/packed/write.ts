import type { Queryable } from '#stores/postgres/postgres.ts';
import type { LogBlock } from './pack.ts';

const INSERT = `insert into log_block (class, first_at, last_at, block, lines, counts, tokens, payload)
  values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`;

/** Stores blocks; one that is there already is not stored again. */
export async function insertBlocks(tx: Queryable, blocks: readonly LogBlock[]): Promise<void> {
  for (const { class: number, first, last, block, lines, counts, tokens, payload } of blocks) {
    await tx.query(
      INSERT,
      [number, new Date(first), new Date(last), block, lines, counts, tokens, payload],
      'log_block_insert',
    );
  }
}
