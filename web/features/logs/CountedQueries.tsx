'use client';
import { useCallback, useMemo, useState, type FormEvent } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import type { CountedQuery } from '@sotp/contract/logs.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { plural } from '#lib/format.ts';
import { Button } from '#ui/button.tsx';
import { Dialog } from '#ui/dialog.tsx';
import { Field, Input } from '#ui/field.tsx';
import { Empty, Problem, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { countedQueries } from './queries.ts';

/** Queries whose matching lines are counted, for each device, as lines come in, and alerted on; the one on the page can be added. */
export function CountedQueries({ query }: { query: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="ghost" onClick={() => setOpen(true)}>
        Counted queries
      </Button>
      {open ? (
        <Dialog
          open
          onOpenChange={setOpen}
          title="Counted queries"
          description="Lines that match are counted as they come in: each device that sends some has the counter log_matches_total, with the query’s name as a label. With a limit, an alert fires when a device sends more within five minutes."
          wide="very"
        >
          <Counted />
          <AddCounted query={query} />
        </Dialog>
      ) : null}
    </>
  );
}

const limitOf = (alertAbove: number | null) => (alertAbove === null ? 'no alert' : plural(alertAbove, 'line'));

function Counted() {
  const list = useQuery(countedQueries(browserApi));
  const client = useQueryClient();
  const mayWrite = useMay('alerts:write');
  const remove = useMutation({
    mutationFn: (id: string) => browserApi.logs.countNoMore(id),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['log-queries'] }),
  });
  const { mutate } = remove;
  const removing = useCallback(
    ({ id, name }: CountedQuery) => (
      <Button look="ghost" square className="h-7" aria-label={`Remove ${name}`} onClick={() => mutate(id)}>
        <Trash2 className="size-3.5 text-muted" aria-hidden />
      </Button>
    ),
    [mutate],
  );
  const columns = useMemo((): Column<CountedQuery>[] => {
    const all: Column<CountedQuery>[] = [
      {
        id: 'name',
        header: 'Name',
        width: '200px',
        cell: ({ name }) => <span className="font-medium">{name}</span>,
      },
      { id: 'query', header: 'Query', cell: (row) => <span className="font-mono text-[12px]">{row.query}</span> },
      {
        id: 'alert',
        header: 'Alert above',
        width: '110px',
        numeric: true,
        cell: ({ alertAbove }) => limitOf(alertAbove),
      },
    ];
    if (!mayWrite) return all;
    return [...all, { id: 'remove', header: 'Remove', quietHeader: true, width: '56px', cell: removing }];
  }, [mayWrite, removing]);
  if (!list.data) return list.error ? <Problem error={list.error} /> : <SkeletonRows rows={2} />;
  return (
    <>
      <DataTable<CountedQuery>
        label="Counted queries"
        rows={list.data.items}
        columns={columns}
        rowKey={({ id }) => id}
        phone={(row) => (
          <span className="flex items-center justify-between gap-2">
            <span className="min-w-0">
              <span className="block truncate">
                <span className="font-medium">{row.name}</span>
                {row.alertAbove === null ? null : (
                  <span className="text-muted"> alert above {limitOf(row.alertAbove)}</span>
                )}
              </span>
              <span className="block truncate font-mono text-[12px] text-muted">{row.query}</span>
            </span>
            {mayWrite ? removing(row) : null}
          </span>
        )}
        empty={<Empty>Name a query below, and its lines become a series that charts and alerts can use.</Empty>}
      />
      <Problem error={remove.error} className="mt-3" />
    </>
  );
}

function AddCounted({ query }: { query: string }) {
  const client = useQueryClient();
  const mayWrite = useMay('alerts:write');
  const [name, setName] = useState('');
  const [text, setText] = useState(query);
  const [limit, setLimit] = useState('');
  const add = useMutation({
    mutationFn: browserApi.logs.count,
    onSuccess() {
      void client.invalidateQueries({ queryKey: ['log-queries'] });
      setName('');
      setText('');
      setLimit('');
    },
  });
  if (!mayWrite) return null;
  function submit(event: FormEvent): void {
    event.preventDefault();
    add.mutate({ name: name.trim(), query: text.trim(), alertAbove: limit === '' ? null : Number(limit) });
  }
  return (
    <form onSubmit={submit} className="mt-4 grid gap-3 sm:grid-cols-[180px_1fr_140px_auto] sm:items-end">
      <Field label="Name" hint="Small letters, digits, - and _">
        {(props) => (
          <Input {...props} value={name} onChange={(event) => setName(event.target.value)} required maxLength={50} />
        )}
      </Field>
      <Field label="Query" hint="As in the search field">
        {(props) => (
          <Input
            {...props}
            value={text}
            onChange={(event) => setText(event.target.value)}
            required
            className="font-mono"
          />
        )}
      </Field>
      <Field label="Alert above" hint="Lines in five minutes">
        {(props) => (
          <Input
            {...props}
            type="number"
            min={0}
            max={1_000_000}
            placeholder="no alert"
            value={limit}
            onChange={(event) => setLimit(event.target.value)}
          />
        )}
      </Field>
      <Button look="primary" type="submit" busy={add.isPending} className="sm:mb-5">
        Count
      </Button>
      <Problem error={add.error} className="sm:col-span-4" />
    </form>
  );
}
