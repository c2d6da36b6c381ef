import type { InterfaceFacts } from '@sotp/contract/inventory.ts';
import { lastValue } from '#features/metrics/points.ts';
import { show } from '#lib/format.ts';
import { Meter } from '#ui/small.tsx';
import { Sparkline } from '#ui/sparkline.tsx';
import { StatusMark, UpDown } from '#ui/status.tsx';
import type { Column } from '#ui/table/columns.ts';
import { interfaceName, LOOPBACK, type Traffic } from './traffic.ts';

export interface InterfaceRow {
  readonly facts: InterfaceFacts;
  readonly traffic: Traffic | undefined;
}

interface View {
  readonly from: number;
  readonly to: number;
  /** A rate older than this says nothing about now. */
  readonly staleMs: number;
}

/** Status as operators say it: shut by hand is not a fault. */
export function operWord({ adminStatus, operStatus }: InterfaceFacts): { up: boolean | null; word: string } {
  if (adminStatus === 'down') return { up: null, word: 'shut' };
  if (operStatus === 'up') return { up: true, word: 'up' };
  if (operStatus === null || operStatus === 'unknown') return { up: null, word: 'unknown' };
  return {
    up: false,
    word:
      operStatus === 'lowerLayerDown' ? 'lower layer down' : operStatus === 'notPresent' ? 'not present' : operStatus,
  };
}

function OperMark({ facts }: { facts: InterfaceFacts }) {
  const { up, word } = operWord(facts);
  if (word === 'shut') {
    return (
      <span className="inline-flex items-center gap-1.5 align-bottom text-disabled">
        <StatusMark status="disabled" />
        shut
      </span>
    );
  }
  return <UpDown up={up} word={word} />;
}

function rate(row: InterfaceRow, side: 'in' | 'out', { to, staleMs }: Pick<View, 'to' | 'staleMs'>): number | null {
  return lastValue(row.traffic?.[side] ?? [], to, staleMs);
}

function percent(row: InterfaceRow, side: 'in' | 'out', view: View): number | null {
  const value = rate(row, side, view);
  const speed = row.facts.speedBps;
  // A loopback has no wire to fill, whatever speed it claims.
  if (value === null || !speed || row.facts.ifType === LOOPBACK) return null;
  return (100 * value) / speed;
}

function Use({ row, view }: { row: InterfaceRow; view: View }) {
  const inward = percent(row, 'in', view);
  const outward = percent(row, 'out', view);
  if (inward === null && outward === null) return <span className="text-muted">–</span>;
  const most = Math.max(inward ?? 0, outward ?? 0);
  return (
    <span className="flex items-center gap-2" title={`In ${show(inward, '%')}, out ${show(outward, '%')}`}>
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <Meter percent={inward ?? 0} label="In" side="in" className="h-1" />
        <Meter percent={outward ?? 0} label="Out" side="out" className="h-1" />
      </span>
      <span className="figures w-12 text-right">{show(most, '%')}</span>
    </span>
  );
}

export function interfaceColumns(view: View): readonly Column<InterfaceRow>[] {
  return [
    {
      id: 'status',
      header: 'Status',
      width: '120px',
      sort: ({ facts }) => operWord(facts).word,
      cell: ({ facts }) => <OperMark facts={facts} />,
    },
    {
      id: 'name',
      header: 'Name',
      sort: ({ facts }) => interfaceName(facts),
      cell: ({ facts }) => (
        <span className="font-medium" title={facts.ifDescr ?? undefined}>
          {interfaceName(facts)}
        </span>
      ),
    },
    {
      id: 'alias',
      header: 'Alias',
      from: 'lg',
      sort: ({ facts }) => facts.ifAlias,
      cell: ({ facts }) => (
        <span className="text-muted" title={facts.ifAlias ?? undefined}>
          {facts.ifAlias}
        </span>
      ),
    },
    {
      id: 'speed',
      header: 'Speed',
      width: '104px',
      numeric: true,
      from: 'md',
      sort: ({ facts }) => facts.speedBps,
      cell: ({ facts }) => (facts.speedBps ? show(facts.speedBps, 'bit/s') : <span className="text-muted">–</span>),
    },
    {
      id: 'in',
      header: 'In',
      width: '112px',
      numeric: true,
      sort: (row) => rate(row, 'in', view),
      cell: (row) => show(rate(row, 'in', view), 'bit/s'),
    },
    {
      id: 'out',
      header: 'Out',
      width: '112px',
      numeric: true,
      sort: (row) => rate(row, 'out', view),
      cell: (row) => show(rate(row, 'out', view), 'bit/s'),
    },
    {
      id: 'use',
      header: 'Used',
      width: '140px',
      from: 'md',
      sort: (row) => Math.max(percent(row, 'in', view) ?? -1, percent(row, 'out', view) ?? -1),
      cell: (row) => <Use row={row} view={view} />,
    },
    {
      id: 'spark',
      header: 'In and out',
      width: '136px',
      from: 'lg',
      cell: ({ traffic }) => (
        <Sparkline points={traffic?.in ?? []} below={traffic?.out ?? []} width={112} from={view.from} to={view.to} />
      ),
    },
  ];
}

/** The row on a phone: name and speed, below them the rates. */
export function InterfacePhoneRow({ row, to, staleMs }: { row: InterfaceRow; to: number; staleMs: number }) {
  const { facts } = row;
  const { up } = operWord(facts);
  const mark = facts.adminStatus === 'down' ? 'disabled' : up === null ? 'unknown' : up ? 'up' : 'down';
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-2.5">
      <StatusMark status={mark} label />
      <span className="truncate text-[14px] font-medium">{interfaceName(facts)}</span>
      <span className="figures text-[12px] text-muted">{facts.speedBps ? show(facts.speedBps, 'bit/s') : ''}</span>
      <span className="col-span-2 col-start-2 flex justify-between gap-2 text-[12px] text-muted">
        <span className="truncate">
          {facts.ifAlias ?? (facts.ifDescr === interfaceName(facts) ? '' : facts.ifDescr)}
        </span>
        <span className="figures shrink-0">
          in {show(rate(row, 'in', { to, staleMs }), 'bit/s')}, out {show(rate(row, 'out', { to, staleMs }), 'bit/s')}
        </span>
      </span>
    </div>
  );
}
