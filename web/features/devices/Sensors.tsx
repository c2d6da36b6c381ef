'use client';
import { useMemo } from 'react';
import type { Inventory, SensorFacts } from '@sotp/contract/inventory.ts';
import { show } from '#lib/format.ts';
import { useUrlState } from '#lib/url.ts';
import { ButtonLink } from '#ui/button.tsx';
import { Section } from '#ui/page.tsx';
import { Chip } from '#ui/small.tsx';
import { Empty } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { isWrong, viewSensors } from './sensorGroups.ts';
import type { Aside } from './sensorGroups.ts';

/** Why readings stand aside, in words that fit behind a number. */
const WHY: Record<Aside, string> = {
  absent: 'of what is not there',
  empty: 'without a value',
  setting: 'that are limits and settings',
  repeated: 'told by another MIB too',
  optic: 'of transceivers (their own tab)',
  'port down': 'of ports that are shut',
  alike: 'that all say the same',
};

const NAME: Column<SensorFacts> = {
  id: 'name',
  header: 'Sensor',
  sort: ({ name }) => name,
  cell: ({ name }) => <span title={name}>{name}</span>,
};
const COLUMNS: readonly Column<SensorFacts>[] = [
  NAME,
  { id: 'kind', header: 'Kind', width: '150px', from: 'lg', sort: ({ kind }) => kind, cell: ({ kind }) => kind },
  {
    id: 'value',
    header: 'Value',
    numeric: true,
    width: '120px',
    sort: ({ value }) => value,
    cell: ({ value, unit, state }) => (state === undefined ? show(value, unit) : ''),
  },
  {
    id: 'limits',
    header: 'Limits',
    width: '150px',
    numeric: true,
    from: 'md',
    cell: ({ limits, unit }) => <span className="text-muted">{limits ? range(limits, unit) : ''}</span>,
  },
  { id: 'state', header: 'State', width: '180px', sort: ({ state }) => state ?? null, cell: State },
];

function range(
  { lowAlarm, highAlarm, lowWarning, highWarning }: NonNullable<SensorFacts['limits']>,
  unit: string | null,
) {
  const [low, high] = [lowAlarm ?? lowWarning, highAlarm ?? highWarning];
  if (low === undefined) return high === undefined ? '' : `to ${show(high, unit)}`;
  return high === undefined ? `from ${show(low, unit)}` : `${show(low, null)} to ${show(high, unit)}`;
}

function State(sensor: SensorFacts) {
  const { state } = sensor;
  if (state === undefined) return null;
  return (
    <span title={state} className={isWrong(sensor) ? 'font-medium text-degraded' : undefined}>
      {state}
    </span>
  );
}

/** A device's readings: what is wrong first, then by kind; what says little on demand. */
export function Sensors({ inventory }: { inventory: Inventory }) {
  const { sensors, interfaces, transceivers } = inventory;
  const { groups, aside } = useMemo(
    () => viewSensors(sensors, interfaces, transceivers),
    [sensors, interfaces, transceivers],
  );
  const { params, set } = useUrlState();
  const wanted = params.get('kind');
  const all = wanted === 'all';
  const shown = groups.filter(({ id }) => wanted === null || wanted === id);
  return (
    <>
      <div className="mb-4 flex gap-1.5 overflow-x-auto" role="group" aria-label="Kinds of reading">
        {groups.map(({ id, title, rows }) => (
          <Chip key={id} on={wanted === id} onClick={() => set({ kind: wanted === id ? null : id })}>
            {title} <span className="figures text-muted">{rows.length}</span>
          </Chip>
        ))}
        {aside.size > 0 ? (
          <Chip on={all} onClick={() => set({ kind: all ? null : 'all' })}>
            Everything <span className="figures text-muted">{sensors.length}</span>
          </Chip>
        ) : null}
      </div>
      {all ? (
        <Readings label="Sensors" rows={sensors} columns={COLUMNS} />
      ) : (
        <div className="grid gap-6">
          {shown.map(({ id, title, rows }) => (
            <Section key={id} title={title}>
              <Readings label={title} rows={rows} columns={columnsOf(rows)} />
            </Section>
          ))}
          {shown.length === 0 ? <Nothing aside={aside} /> : null}
          {aside.size > 0 ? <p className="text-[13px] text-muted">Not shown here: {asideText(aside)}.</p> : null}
        </div>
      )}
    </>
  );
}

/** A device that is all optics has its readings elsewhere. */
function Nothing({ aside }: { aside: ReadonlyMap<SensorFacts, Aside> }) {
  if (![...aside.values()].includes('optic')) return <Empty>There is nothing of this kind.</Empty>;
  const action = <ButtonLink href="?tab=transceivers">Show transceivers</ButtonLink>;
  return <Empty action={action}>All that this device measures, it measures in its transceivers.</Empty>;
}

function asideText(aside: ReadonlyMap<SensorFacts, Aside>): string {
  const counts = Map.groupBy(aside.values(), (why) => why);
  return [...counts].map(([why, list]) => `${list.length.toLocaleString('en')} ${WHY[why]}`).join(', ');
}

/** Of one kind, whose name stands above; without what none of them has. */
function columnsOf(rows: readonly SensorFacts[]): readonly Column<SensorFacts>[] {
  const kept = new Set(['name']);
  if (rows.some(({ state }) => state === undefined)) kept.add('value');
  if (rows.some(({ kind }) => kind !== rows[0]?.kind)) kept.add('kind');
  if (rows.some(({ limits }) => limits !== undefined)) kept.add('limits');
  if (rows.some(({ state }) => state !== undefined)) kept.add('state');
  return COLUMNS.filter(({ id }) => kept.has(id));
}

interface ReadingsProps {
  label: string;
  rows: readonly SensorFacts[];
  columns: readonly Column<SensorFacts>[];
}

function Readings({ label, rows, columns }: ReadingsProps) {
  return (
    <DataTable
      label={label}
      rows={rows}
      columns={columns}
      rowKey={({ oid, name }) => `${oid} ${name}`}
      phone={(row) => (
        <span className="flex justify-between gap-3">
          <span className="truncate">{row.name}</span>
          {row.state === undefined ? <span className="figures">{show(row.value, row.unit)}</span> : <State {...row} />}
        </span>
      )}
    />
  );
}
