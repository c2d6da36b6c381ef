import { CircleMinus } from 'lucide-react';
import type { LogEntry } from '@sotp/contract/logs.ts';
import { plural } from '#lib/format.ts';
import { useHydrated } from '#lib/now.tsx';
import type { Column } from '#ui/table/columns.ts';
import { Severity } from './severity.tsx';
import { isGap, type Gap, type TailRow } from './tail-rows.ts';

const CLOCK = {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
} as const;
const clock = new Intl.DateTimeFormat('en-GB', CLOCK);
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', ...CLOCK });

/** The time of a line to the millisecond, with the day on hover. */
export function LineTime({ at, long = false }: { at: string; long?: boolean }) {
  const hydrated = useHydrated();
  const instant = Date.parse(at);
  return (
    <time
      dateTime={at}
      title={hydrated ? day.format(instant) : at}
      className="figures font-mono text-[12px] text-muted"
    >
      {hydrated ? (long ? day : clock).format(instant) : at.slice(11, 23)}
    </time>
  );
}

export type Narrow = (name: string, value: string, exclude?: boolean) => void;

/** A value that narrows the search to its lines, and beside it the way to all others. */
function Value({ text, name, field, narrow }: { text: string | null; name: string; field: string; narrow: Narrow }) {
  if (text === null) return null;
  return (
    <span className="flex min-w-0 items-center gap-1">
      <button
        type="button"
        onClick={(event) => narrow(field, text, event.altKey)}
        title={`${text}: only lines of this ${name}`}
        className="truncate text-left hover:text-accent hover:underline"
      >
        {text}
      </button>
      <Exclude text={text} field={field} narrow={narrow} />
    </span>
  );
}

/** Leaves out the lines with a value. */
export function Exclude({ text, field, narrow }: { text: string; field: string; narrow: Narrow }) {
  return (
    <button
      type="button"
      onClick={() => narrow(field, text, true)}
      title={`All lines but those with ${field} ${text}`}
      aria-label={`All lines but those with ${field} ${text}`}
      className="grid size-6 shrink-0 place-items-center rounded text-muted hover:bg-hover hover:text-accent"
    >
      <CircleMinus className="size-3" aria-hidden />
    </button>
  );
}

/** The columns; a click on a value narrows the search to it, one on its minus to all others. */
export function logColumns(narrow: Narrow): Column<LogEntry>[] {
  return [
    { id: 'at', header: 'Received', width: '116px', cell: ({ receivedAt }) => <LineTime at={receivedAt} /> },
    { id: 'severity', header: 'Severity', width: '92px', cell: ({ severity }) => <Severity severity={severity} /> },
    {
      id: 'host',
      header: 'Host',
      width: '184px',
      cell: ({ host, sender }) => (
        <Value text={host ?? sender} name="host" field={host ? 'host' : 'sender'} narrow={narrow} />
      ),
    },
    {
      id: 'app',
      header: 'App',
      width: '156px',
      from: 'lg',
      cell: ({ app }) => <Value text={app} name="app" field="app" narrow={narrow} />,
    },
    {
      id: 'message',
      header: 'Message',
      cell: ({ message }) => (
        <span className="font-mono text-[12px]" title={message.length > 80 ? message.slice(0, 1000) : undefined}>
          {message}
        </span>
      ),
    },
  ];
}

/** What stands where lines were left out of a tail. */
export function GapText({ gap: { missed } }: { gap: Gap }) {
  return (
    <span className="text-degraded">
      {missed === null ? 'Lines may be missing here' : `${plural(missed, 'line')} left out here`}: more came than can be
      shown live. They are stored: end the live view to see all.
    </span>
  );
}

/** The columns for a tail: where lines are missing, their text says so and the others are empty. */
export function withGaps(columns: readonly Column<LogEntry>[]): Column<TailRow>[] {
  return columns.map(({ sort: _sort, cell, ...column }) => ({
    ...column,
    cell: (row) => (isGap(row) ? column.id === 'message' ? <GapText gap={row} /> : null : cell(row)),
  }));
}

export function logPhoneRow(line: LogEntry) {
  return (
    <>
      <span className="flex items-baseline justify-between gap-3">
        <span className="flex min-w-0 items-baseline gap-2">
          <Severity severity={line.severity} />
          <span className="truncate font-medium">{line.host ?? line.sender}</span>
        </span>
        <LineTime at={line.receivedAt} />
      </span>
      <span className="block truncate font-mono text-[12px] text-muted">{line.message}</span>
    </>
  );
}
