'use client';
import Link from 'next/link';
import { useQuery } from '@tanstack/react-query';
import type { Device } from '@sotp/contract/devices.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { Interfaces } from '#features/interfaces/Interfaces.tsx';
import { useLiveSamples } from '#features/metrics/useLiveSamples.ts';
import { browserApi } from '#lib/api.ts';
import { ApiError } from '#lib/client.ts';
import { useUrlState } from '#lib/url.ts';
import { ButtonLink } from '#ui/button.tsx';
import { cx } from '#ui/class.ts';
import { Empty, ErrorState, Skeleton, SkeletonRows } from '#ui/state.tsx';
import { Changes } from './Changes.tsx';
import { Collectors } from './Collectors.tsx';
import { DeviceCredentials } from './DeviceCredentials.tsx';
import { DeviceDisk } from './DeviceDisk.tsx';
import { DeviceHead } from './DeviceHead.tsx';
import { DeviceOverview } from './DeviceOverview.tsx';
import { AddressTable, HardwareTable, NeighborTable, StorageTable, VlanTable } from './InventoryTables.tsx';
import { PollCost } from './PollCost.tsx';
import { Sensors } from './Sensors.tsx';
import { Transceivers } from './Transceivers.tsx';
import { deviceInventory, oneDevice } from './queries.ts';

interface Tab {
  readonly id: string;
  readonly title: string;
  readonly count?: number;
}

/** Which parts there are to show: what the device does not have is not offered. */
function tabsOf(inventory: Inventory | undefined): Tab[] {
  const some = (id: string, title: string, list: readonly unknown[] | undefined): Tab[] =>
    list && list.length > 0 ? [{ id, title, count: list.length }] : [];
  return [
    { id: 'overview', title: 'Overview' },
    ...some('interfaces', 'Interfaces', inventory?.interfaces),
    ...some('storage', 'Storage', inventory?.storage),
    ...some('sensors', 'Sensors', inventory?.sensors),
    ...some('transceivers', 'Transceivers', inventory?.transceivers),
    ...some('hardware', 'Hardware', inventory?.hardware),
    ...some('neighbors', 'Neighbors', inventory?.neighbors),
    ...some('vlans', 'VLANs', inventory?.vlans),
    ...some('addresses', 'Addresses', inventory?.addresses),
    { id: 'changes', title: 'Changes' },
    { id: 'collectors', title: 'Collectors' },
  ];
}

/** Everything about one device. */
export function DevicePage({ id }: { id: string }) {
  const device = useQuery(oneDevice(browserApi, id));
  const inventory = useQuery(deviceInventory(browserApi, id));
  useLiveSamples(id);
  if (device.error instanceof ApiError && device.error.status === 404) {
    return (
      <Empty action={<ButtonLink href="/devices">To the devices</ButtonLink>}>
        There is no such device. It may have been removed.
      </Empty>
    );
  }
  if (device.error && !device.data) {
    return (
      <ErrorState error={device.error} what="The device could not be read." onRetry={() => void device.refetch()} />
    );
  }
  if (!device.data) {
    return (
      <div role="status" aria-label="Loading" className="flex flex-col gap-4">
        <Skeleton className="h-10 w-80" />
        <SkeletonRows />
      </div>
    );
  }
  return (
    <Loaded
      device={device.data}
      inventory={inventory.data}
      inventoryError={inventory.error}
      onRetry={() => void inventory.refetch()}
    />
  );
}

interface LoadedProps {
  device: Device;
  inventory: Inventory | undefined;
  inventoryError: Error | null;
  onRetry(): void;
}

function Loaded({ device, inventory, inventoryError, onRetry }: LoadedProps) {
  const { params } = useUrlState();
  const mayReadCredentials = useMay('credentials:read');
  const tabs = tabsOf(inventory);
  const snmp = device.collectors.find(({ name }) => name === 'snmp');
  const tab = tabs.find(({ id }) => id === params.get('tab'))?.id ?? 'overview';
  return (
    <>
      <DeviceHead device={device} />
      <Tabs tabs={tabs} current={tab} />
      {inventoryError && !inventory && tab !== 'collectors' && tab !== 'changes' ? (
        <div className="mb-4">
          <ErrorState error={inventoryError} what="The inventory of this device could not be read." onRetry={onRetry} />
        </div>
      ) : null}
      {tab === 'overview' ? <DeviceOverview device={device} inventory={inventory} /> : null}
      {tab === 'changes' ? <Changes id={device.id} /> : null}
      {tab === 'collectors' ? <Collectors device={device} /> : null}
      {tab === 'collectors' ? <DeviceDisk id={device.id} /> : null}
      {tab === 'collectors' && snmp ? <PollCost device={device.id} intervalSeconds={snmp.intervalSeconds} /> : null}
      {tab === 'collectors' && mayReadCredentials ? <DeviceCredentials id={device.id} /> : null}
      {inventory && tab === 'interfaces' ? <Interfaces device={device} inventory={inventory} /> : null}
      {inventory && tab === 'storage' ? <StorageTable rows={inventory.storage} /> : null}
      {inventory && tab === 'sensors' ? <Sensors inventory={inventory} /> : null}
      {inventory && tab === 'transceivers' ? <Transceivers rows={inventory.transceivers} /> : null}
      {inventory && tab === 'hardware' ? <HardwareTable rows={inventory.hardware} /> : null}
      {inventory && tab === 'neighbors' ? (
        <NeighborTable rows={inventory.neighbors} interfaces={inventory.interfaces} />
      ) : null}
      {inventory && tab === 'vlans' ? <VlanTable rows={inventory.vlans} /> : null}
      {inventory && tab === 'addresses' ? (
        <AddressTable rows={inventory.addresses} interfaces={inventory.interfaces} />
      ) : null}
    </>
  );
}

function Tabs({ tabs, current }: { tabs: readonly Tab[]; current: string }) {
  const { params, set } = useUrlState();
  function hrefOf(id: string): string {
    const next = new URLSearchParams(params);
    next.delete('if');
    next.delete('kind');
    if (id === 'overview') next.delete('tab');
    else next.set('tab', id);
    return `?${next}`;
  }
  return (
    <nav aria-label="Parts of the device" className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ id, title, count }) => (
        <Link
          key={id}
          href={hrefOf(id)}
          prefetch={false}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            set({ tab: id === 'overview' ? null : id, if: null, kind: null }, 'push');
          }}
          aria-current={id === current ? 'page' : undefined}
          className={cx(
            '-mb-px flex h-9 max-sm:h-10 items-center gap-1.5 border-b-2 px-2.5 text-[14px] whitespace-nowrap',
            id === current ? 'border-accent font-medium' : 'border-transparent text-muted hover:text-text',
          )}
        >
          {title}
          {count === undefined ? null : <span className="figures text-[12px] text-muted">{count}</span>}
        </Link>
      ))}
    </nav>
  );
}
