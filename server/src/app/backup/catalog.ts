import type pg from 'pg';
import type { BackupTable } from './format.ts';

/** Tables whose rows mean nothing in another run: who leases what, who listens, what is cached, who is signed in. */
const LEFT_OUT = [
  'schema_migrations',
  'schema_migrations_timescale',
  'bus_message',
  'cache_entry',
  'worker_member',
  'partition_lease',
  'schedule_head',
];

/** Quotes a name of the catalogue for a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

interface TableRow {
  name: string;
  parent: string | null;
  bound: string | null;
  columns: string[];
}

/** Every table that holds rows to keep, referenced ones before those that refer to them. */
export async function readTables(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<TableRow>(
    `select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound,
            array(select a.attname::text from pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                  order by a.attnum) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
     where n.nspname = 'public' and c.relkind = 'r' and c.relname <> all ($1) order by c.relname`,
    [LEFT_OUT],
  );
  const references = await client.query<{ from: string; to: string }>(
    `select f.relname as "from", t.relname as "to" from pg_constraint k
     join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
     where k.contype = 'f' and f.oid <> t.oid`,
  );
  const tables: BackupTable[] = [];
  for (const { name, parent, bound, columns } of inOrder(rows, references.rows)) {
    const partition =
      parent === null || bound === null ? undefined : { parent, bound, indexes: await readIndexes(client, name) };
    tables.push({
      name,
      columns,
      ...(partition && { partition }),
      sequences: await readSequences(client, name, columns),
    });
  }
  return tables;
}

function inOrder(rows: readonly TableRow[], references: readonly { from: string; to: string }[]): TableRow[] {
  const byName = new Map(rows.map((row) => [row.name, row]));
  const done = new Set<string>();
  const ordered: TableRow[] = [];
  function add(row: TableRow): void {
    if (done.has(row.name)) return;
    done.add(row.name);
    for (const { from, to } of references) {
      const before = from === row.name ? byName.get(to) : undefined;
      if (before) add(before);
    }
    ordered.push(row);
  }
  for (const row of rows) add(row);
  return ordered;
}

async function readIndexes(client: pg.ClientBase, table: string) {
  const { rows } = await client.query<{ name: string; unique: boolean; columns: string[] }>(
    `select c.relname as name, i.indisunique as "unique",
            array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k (n, place)
                  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n order by place) as columns
     from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = $1::regclass and not i.indisprimary
     order by c.relname`,
    [quoted(table)],
  );
  return rows;
}

async function readSequences(client: pg.ClientBase, table: string, columns: readonly string[]) {
  const sequences: { column: string; value: string }[] = [];
  for (const column of columns) {
    const owned = await client.query<{ name: string | null }>('select pg_get_serial_sequence($1, $2) as name', [
      quoted(table),
      column,
    ]);
    const name = owned.rows[0]?.name;
    if (!name) continue;
    const { rows } = await client.query<{ value: string; called: boolean }>(
      `select last_value::text as value, is_called as called from ${name}`,
    );
    if (rows[0]?.called) sequences.push({ column, value: rows[0].value });
  }
  return sequences;
}

/** Names of the applied migrations for TimescaleDB; undefined where time series are not kept in it. */
export async function timescaleMigrations(client: pg.ClientBase): Promise<string[] | undefined> {
  const { rows } = await client.query<{ there: boolean }>(
    "select to_regclass('schema_migrations_timescale') is not null as there",
  );
  if (rows[0]?.there !== true) return undefined;
  const applied = await client.query<{ name: string }>('select name from schema_migrations_timescale order by number');
  return applied.rows.map((row) => row.name);
}
