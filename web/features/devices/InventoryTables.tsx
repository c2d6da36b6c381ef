'use client';
import type {
  AddressFacts,
  HardwareFacts,
  InterfaceFacts,
  NeighborFacts,
  StorageFacts,
  VlanFacts,
} from '@sotp/contract/inventory.ts';
import { show } from '#lib/format.ts';
import { CopyText, Meter } from '#ui/small.tsx';
import { DataTable } from '#ui/table/table.tsx';
import type { Column } from '#ui/table/columns.ts';

function nameOf(interfaces: readonly InterfaceFacts[], ifIndex: number | null): string {
  if (ifIndex === null) return '';
  const found = interfaces.find((each) => each.ifIndex === ifIndex);
  return found?.ifName ?? found?.ifDescr ?? `interface ${ifIndex}`;
}

function text<T>(
  id: string,
  header: string,
  value: (row: T) => string | null,
  more: Partial<Column<T>> = {},
): Column<T> {
  return {
    id,
    header,
    sort: value,
    cell: (row) => <span title={value(row) ?? undefined}>{value(row) ?? ''}</span>,
    ...more,
  };
}

const STORAGE: readonly Column<StorageFacts>[] = [
  text('name', 'Name', ({ name }) => name),
  {
    id: 'used',
    header: 'Used',
    numeric: true,
    width: '110px',
    sort: ({ usedBytes }) => usedBytes,
    cell: ({ usedBytes }) => show(usedBytes, 'B'),
  },
  {
    id: 'total',
    header: 'Size',
    numeric: true,
    width: '110px',
    sort: ({ totalBytes }) => totalBytes,
    cell: ({ totalBytes }) => show(totalBytes, 'B'),
  },
  {
    id: 'percent',
    header: 'Full',
    width: '220px',
    sort: ({ usedPercent }) => usedPercent,
    cell: (row) => <Full percent={row.usedPercent} label={`${row.name} full`} />,
  },
];

/** A bar and its figure. */
export function Full({ percent, label }: { percent: number; label: string }) {
  return (
    <span className="flex items-center gap-2">
      <Meter percent={percent} label={label} className="min-w-0 flex-1" />
      <span className="figures w-12 text-right">{show(percent, '%')}</span>
    </span>
  );
}

export function StorageTable({ rows }: { rows: readonly StorageFacts[] }) {
  return (
    <DataTable
      label="Storage"
      rows={rows}
      columns={STORAGE}
      rowKey={({ name }) => name}
      sorting={[{ id: 'percent', desc: true }]}
      phone={(row) => (
        <>
          <span className="block truncate">{row.name}</span>
          <Full percent={row.usedPercent} label={`${row.name} full`} />
        </>
      )}
    />
  );
}

const HARDWARE: readonly Column<HardwareFacts>[] = [
  text('name', 'Name', ({ name, description }) => name ?? description),
  text('class', 'Class', (row) => row.class, { width: '130px' }),
  text('model', 'Model', ({ model }) => model),
  {
    id: 'serial',
    header: 'Serial',
    width: '180px',
    sort: ({ serial }) => serial,
    cell: ({ serial }) => (serial ? <CopyText text={serial} length={24} /> : null),
  },
  text(
    'revision',
    'Revision',
    (row) => [row.hardwareRev, row.firmwareRev, row.softwareRev].filter(Boolean).join(' / '),
    { from: 'lg' },
  ),
];

export function HardwareTable({ rows }: { rows: readonly HardwareFacts[] }) {
  return (
    <DataTable
      label="Hardware"
      rows={rows}
      columns={HARDWARE}
      rowKey={({ index }) => String(index)}
      phone={(row) => (
        <>
          <span className="block truncate">{row.name ?? row.description}</span>
          <span className="block truncate text-[12px] text-muted">
            {[row.class, row.model, row.serial].filter(Boolean).join(', ')}
          </span>
        </>
      )}
    />
  );
}

export function NeighborTable({
  rows,
  interfaces,
}: {
  rows: readonly NeighborFacts[];
  interfaces: readonly InterfaceFacts[];
}) {
  const columns: readonly Column<NeighborFacts>[] = [
    text('local', 'Here', ({ localIfIndex }) => nameOf(interfaces, localIfIndex), { width: '200px' }),
    text('remote', 'Neighbor', ({ remoteName }) => remoteName),
    text('port', 'Its port', ({ remotePort }) => remotePort),
    text('address', 'Its address', ({ remoteAddress }) => remoteAddress ?? null, { width: '160px', from: 'md' }),
    text('protocol', 'By', ({ protocol }) => protocol.toUpperCase(), { width: '80px' }),
  ];
  return (
    <DataTable
      label="Neighbors"
      rows={rows}
      columns={columns}
      rowKey={(row) => `${row.protocol} ${row.localIfIndex} ${row.remoteName} ${row.remotePort}`}
      phone={(row) => (
        <>
          <span className="block truncate">{row.remoteName}</span>
          <span className="block truncate text-[12px] text-muted">
            {nameOf(interfaces, row.localIfIndex)} to {row.remotePort}
          </span>
        </>
      )}
    />
  );
}

const VLANS: readonly Column<VlanFacts>[] = [
  { id: 'id', header: 'VLAN', width: '96px', numeric: true, sort: ({ id }) => id, cell: ({ id }) => id },
  text('name', 'Name', ({ name }) => name),
];

export function VlanTable({ rows }: { rows: readonly VlanFacts[] }) {
  return (
    <DataTable
      label="VLANs"
      rows={rows}
      columns={VLANS}
      rowKey={({ id }) => String(id)}
      phone={(row) => `${row.id} ${row.name ?? ''}`}
    />
  );
}

export function AddressTable({
  rows,
  interfaces,
}: {
  rows: readonly AddressFacts[];
  interfaces: readonly InterfaceFacts[];
}) {
  const written = ({ address, prefixLength }: AddressFacts) =>
    prefixLength === null ? address : `${address}/${prefixLength}`;
  const columns: readonly Column<AddressFacts>[] = [
    {
      id: 'address',
      header: 'Address',
      sort: ({ address }) => address,
      cell: (row) => <CopyText text={written(row)} />,
    },
    text('interface', 'Interface', ({ ifIndex }) => nameOf(interfaces, ifIndex)),
  ];
  return (
    <DataTable
      label="Addresses"
      rows={rows}
      columns={columns}
      rowKey={(row) => `${row.address} ${row.ifIndex}`}
      phone={(row) => (
        <>
          <span className="block truncate font-mono">{written(row)}</span>
          <span className="block truncate text-[12px] text-muted">{nameOf(interfaces, row.ifIndex)}</span>
        </>
      )}
    />
  );
}
