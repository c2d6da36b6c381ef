'use client';
import type { TransceiverFacts, TransceiverReading } from '@sotp/contract/inventory.ts';
import { show } from '#lib/format.ts';
import { CopyText } from '#ui/small.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';

type Kind = TransceiverReading['kind'];

function of({ readings }: TransceiverFacts, kind: Kind): TransceiverReading[] {
  return readings.filter((reading) => reading.kind === kind);
}

/** The module's own reading, else that of the lane which is worst off: the weakest power, the highest of others. */
function worst(optic: TransceiverFacts, kind: Kind): TransceiverReading | undefined {
  const found = of(optic, kind).filter(({ value }) => value !== null);
  const own = found.find(({ lane }) => lane === null);
  const isPower = kind === 'rxPower' || kind === 'txPower';
  return own ?? found.toSorted((a, b) => (isPower ? 1 : -1) * ((a.value ?? 0) - (b.value ?? 0)))[0];
}

function isOut({ value, limits }: TransceiverReading): boolean {
  const { lowAlarm = -Infinity, highAlarm = Infinity } = limits ?? {};
  return value !== null && lowAlarm < highAlarm && (value < lowAlarm || value > highAlarm);
}

/** Lasers’ currents are told in milliamperes. */
function shown({ value, unit }: TransceiverReading): string {
  return unit === 'A' && value !== null ? `${(value * 1000).toFixed(1)} mA` : show(value, unit);
}

function Reading({ optic, kind }: { optic: TransceiverFacts; kind: Kind }) {
  const reading = worst(optic, kind);
  if (!reading) return null;
  const lanes = of(optic, kind).filter(({ lane }) => lane !== null);
  const limits = reading.limits;
  const title = [
    ...lanes.map((one) => `lane ${one.lane}: ${shown(one)}`),
    ...(limits?.lowAlarm === undefined ? [] : [`low alarm ${show(limits.lowAlarm, reading.unit)}`]),
    ...(limits?.highAlarm === undefined ? [] : [`high alarm ${show(limits.highAlarm, reading.unit)}`]),
  ].join(', ');
  return (
    <span title={title} className={isOut(reading) ? 'font-medium text-degraded' : undefined}>
      {shown(reading)}
    </span>
  );
}

function figures(kind: Kind, header: string, from?: 'md' | 'lg'): Column<TransceiverFacts> {
  return {
    id: kind,
    header,
    numeric: true,
    width: '130px',
    ...(from && { from }),
    sort: (row) => worst(row, kind)?.value ?? null,
    cell: (row) => <Reading optic={row} kind={kind} />,
  };
}

const COLUMNS: readonly Column<TransceiverFacts>[] = [
  { id: 'name', header: 'Port', sort: ({ name }) => name, cell: ({ name }) => <span title={name}>{name}</span> },
  { id: 'model', header: 'Model', width: '180px', from: 'md', sort: ({ model }) => model, cell: ({ model }) => model },
  {
    id: 'serial',
    header: 'Serial',
    width: '160px',
    from: 'lg',
    sort: ({ serial }) => serial,
    cell: ({ serial }) => (serial ? <CopyText text={serial} length={20} /> : null),
  },
  figures('rxPower', 'Receives'),
  figures('txPower', 'Sends'),
  figures('bias', 'Bias', 'lg'),
  figures('temperature', 'Temperature', 'md'),
  figures('voltage', 'Voltage', 'lg'),
];

/** The pluggable optics of a device, port by port. Of several lanes the worst is shown; the others on hover. */
export function Transceivers({ rows }: { rows: readonly TransceiverFacts[] }) {
  return (
    <DataTable
      label="Transceivers"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ ifIndex, name }) => `${ifIndex} ${name}`}
      phone={(row) => (
        <>
          <span className="flex justify-between gap-3">
            <span className="truncate">{row.name}</span>
            <span className="figures">
              <Reading optic={row} kind="rxPower" />
            </span>
          </span>
          <span className="block truncate text-[12px] text-muted">
            {[row.model, row.serial].filter(Boolean).join(', ')}
          </span>
        </>
      )}
    />
  );
}
