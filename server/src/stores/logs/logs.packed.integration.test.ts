import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGlob } from '#domain/log-filter.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { logStoreContract } from './logs.contract.ts';
import { decodeBlocks } from './packed/carry.ts';
import { createPackedLogStore } from './packed/packed.ts';
import { encodeVersionOne } from './packed/testing.ts';
import { lineOf, T0 } from './testing.ts';

logStoreContract('packed in PostgreSQL', async () => {
  const { pg, close } = await openTestDatabase();
  return { store: createPackedLogStore({ pg }), close };
});

test('fields are found in blocks of both versions, and by the index once there are no old ones', async (t) => {
  const { pg, close } = await openTestDatabase();
  t.after(close);
  const store = createPackedLogStore({ pg });
  const line = (receivedAt: number) => lineOf('port="7" is down', { receivedAt, fields: { 'origin.port': '7' } });
  const filter = { kind: 'field', name: 'port', glob: parseGlob('7') } as const;
  const search = async () =>
    (await store.search({ filter, from: T0, to: T0 + 60_000, direction: 'forward', limit: 9 })).lines;
  await store.write(store.pack([line(T0 + 2)]));
  // A row as the product wrote it before: its index has the words of the line, and no more.
  const payload = encodeVersionOne([line(T0 + 1)], [77]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(payload.length);
  const [anew] = decodeBlocks(Buffer.concat([Buffer.of(0), length, payload]));
  const { rows } = await pg.query<{ tokens: number[] }>('select tokens from log_block');
  const ofFields = rows[0]!.tokens.filter(
    (token) => !store.pack([lineOf('port="7" is down')])[0]!.tokens.includes(token),
  );
  assert.ok(ofFields.length > 0);
  await pg.query(
    `insert into log_block (class, first_at, last_at, block, lines, counts, tokens, payload)
     values ($1, $2, $2, 77, 1, $3, $4, $5)`,
    [
      anew!.class,
      new Date(T0 + 1),
      anew!.counts,
      [...anew!.tokens].filter((token) => !ofFields.includes(token)),
      payload,
    ],
  );
  assert.deepEqual(
    (await search()).map(({ receivedAt, fields }) => [receivedAt - T0, fields]),
    [
      [1, { 'origin.port': '7' }],
      [2, { 'origin.port': '7' }],
    ],
  );
  await pg.query('delete from log_block where version = 1');
  assert.equal((await search()).length, 1);
});
