import type { Postgres } from '#stores/postgres/postgres.ts';
import { decodeBlock } from './block.ts';
import { createBlockWriter } from './block-writer.ts';
import { BLOCK_LINES, BLOCK_SPAN_MS, closeBlock } from './pack.ts';
import type { LogBlock } from './pack.ts';
import { insertBlocks } from './write.ts';

/** Blocks younger than this may still have neighbours to come. */
const SETTLED_MS = 15 * 60_000;
/** A block of more lines than this is left as it is. */
const SMALL_LINES = BLOCK_LINES / 2;
/** Blocks looked at in one go, and goes in one call: maintenance is brief, and comes again. */
const LOOKED_AT = 2_000;
const GOES = 20;

interface SmallBlock {
  readonly block: number;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly lines: number;
}

/** Neighbours that fit into one block together. */
function* groups(blocks: readonly SmallBlock[]): Generator<SmallBlock[]> {
  let group: SmallBlock[] = [];
  let lines = 0;
  for (const block of blocks) {
    const span = block.last_at.getTime() - (group[0]?.first_at.getTime() ?? block.first_at.getTime());
    if (group.length > 0 && (lines + block.lines > BLOCK_LINES || span > BLOCK_SPAN_MS)) {
      if (group.length > 1) yield group;
      group = [];
      lines = 0;
    }
    group.push(block);
    lines += block.lines;
  }
  if (group.length > 1) yield group;
}

const writer = createBlockWriter(BLOCK_LINES);

async function mergeGroup(pg: Postgres, blockClass: number, group: readonly SmallBlock[]): Promise<void> {
  await pg.transaction(async (tx) => {
    const { rows } = await tx.query<{ payload: Buffer }>(
      `delete from log_block where class = $1 and (first_at, block) in (select * from unnest($2::timestamptz[], $3::int8[]))
       returning payload`,
      [blockClass, group.map((one) => one.first_at), group.map((one) => one.block)],
    );
    const lines = rows.flatMap(({ payload }) => decodeBlock(payload));
    lines.sort((a, b) => a.receivedAt - b.receivedAt || a.number - b.number);
    const merged: LogBlock[] = [];
    for (const line of lines) writer.add(line, line.number);
    if (lines[0]) merged.push(closeBlock(blockClass, lines[0].number, writer));
    await insertBlocks(tx, merged);
  });
}

/** Packs the small blocks of quiet times together; lines keep their ids. Answers how many blocks there are fewer. */
export async function mergeSmallBlocks(pg: Postgres, blockClass: number, now: number): Promise<number> {
  let fewer = 0;
  let after = new Date(now - 3 * 86_400_000);
  for (let go = 0; go < GOES; go++) {
    const { rows } = await pg.query<SmallBlock>(
      `select block, first_at, last_at, lines from log_block
       where class = $1 and first_at > $2 and last_at < $3 and lines < ${SMALL_LINES}
         and last_at - first_at < interval '${BLOCK_SPAN_MS / 2} milliseconds'
       order by first_at, block limit ${LOOKED_AT}`,
      [blockClass, after, new Date(now - SETTLED_MS)],
    );
    for (const group of groups(rows)) {
      await mergeGroup(pg, blockClass, group);
      fewer += group.length - 1;
    }
    const last = rows.at(-1);
    if (rows.length < LOOKED_AT || !last) break;
    after = last.first_at;
  }
  return fewer;
}
