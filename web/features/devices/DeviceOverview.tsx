'use client';
import { useMemo, useState } from 'react';
import type { Device } from '@sotp/contract/devices.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { busiest, snmpInterval } from '#features/interfaces/Interfaces.tsx';
import { TrafficChart } from '#features/interfaces/TrafficChart.tsx';
import { useTraffic } from '#features/interfaces/traffic.ts';
import { CpuChart, LossChart, MemoryChart, RttChart } from '#features/metrics/HostCharts.tsx';
import { peakOf } from '#features/metrics/points.ts';
import { show } from '#lib/format.ts';
import { Instant } from '#ui/age.tsx';
import { Facts, Section } from '#ui/page.tsx';
import { CopyText } from '#ui/small.tsx';
import { Skeleton } from '#ui/state.tsx';
import { Full } from './InventoryTables.tsx';

const SHOWN = 4;

/** The live charts, and beside them who the device is. */
export function DeviceOverview({ device, inventory }: { device: Device; inventory: Inventory | undefined }) {
  const has = (name: string) => device.collectors.find((collector) => collector.name === name);
  const icmp = has('icmp');
  const interval = snmpInterval(device);
  return (
    <div className="grid gap-6 xl:grid-cols-[minmax(0,1fr)_320px]">
      <div className="flex min-w-0 flex-col gap-6">
        {inventory && inventory.interfaces.length > 0 ? <Busiest device={device} inventory={inventory} /> : null}
        <Section title="Host">
          <div className="grid gap-3 lg:grid-cols-2">
            {inventory && inventory.processors.length > 0 ? (
              <CpuChart device={device.id} intervalSeconds={interval} />
            ) : null}
            {inventory?.memory.some(({ totalBytes }) => totalBytes) ? (
              <MemoryChart device={device.id} intervalSeconds={interval} memory={inventory.memory} />
            ) : null}
            {icmp ? <RttChart device={device.id} intervalSeconds={icmp.intervalSeconds} /> : null}
            {icmp ? <LossChart device={device.id} intervalSeconds={icmp.intervalSeconds} /> : null}
          </div>
        </Section>
      </div>
      <aside
        className="flex min-w-0 flex-col gap-6 max-xl:grid max-xl:gap-3 md:max-xl:grid-cols-2 xl:pt-10"
        aria-label="Identity"
      >
        <Identity device={device} />
        {inventory && (inventory.memory.length > 0 || inventory.storage.length > 0) ? (
          <Fullness inventory={inventory} />
        ) : null}
      </aside>
    </div>
  );
}

/** The four that carried most; chosen once, so that nothing changes places while one looks. */
function Busiest({ device, inventory }: { device: Device; inventory: Inventory }) {
  const interval = snmpInterval(device);
  const traffic = useTraffic({
    device: device.id,
    intervalSeconds: interval,
    points: 60,
    expected: inventory.interfaces.length,
  });
  const ranked = useMemo(
    () =>
      busiest(
        inventory.interfaces,
        (index) => {
          const own = traffic.byIndex.get(index);
          return own ? Math.max(peakOf(own.in), peakOf(own.out)) : 0;
        },
        SHOWN,
      ),
    [inventory.interfaces, traffic.byIndex],
  );
  const [frozen, setFrozen] = useState<readonly number[] | null>(null);
  const rates =
    traffic.byIndex.size > 0 && ranked.some(({ ifIndex }) => peakOf(traffic.byIndex.get(ifIndex)?.in ?? []) > 0);
  if (frozen === null && rates) setFrozen(ranked.map(({ ifIndex }) => ifIndex));
  const shown = frozen
    ? inventory.interfaces
        .filter(({ ifIndex }) => frozen.includes(ifIndex))
        .toSorted((a, b) => frozen.indexOf(a.ifIndex) - frozen.indexOf(b.ifIndex))
    : ranked;
  return (
    <Section title="Busiest interfaces" aside="in above, out below">
      <div className="grid gap-3 lg:grid-cols-2">
        {traffic.pending
          ? Array.from({ length: Math.min(SHOWN, ranked.length) }, (_, i) => (
              <Skeleton key={i} className="card h-[278px]" />
            ))
          : null}
        {(traffic.pending ? [] : shown).map((facts) => (
          <TrafficChart
            key={facts.ifIndex}
            device={device.id}
            facts={facts}
            intervalSeconds={interval}
            href={`/devices/${device.id}?tab=interfaces&if=${facts.ifIndex}`}
          />
        ))}
        {!traffic.pending && shown.length === 0 ? (
          <p className="card p-4 text-muted">None of the {inventory.interfaces.length} interfaces is up.</p>
        ) : null}
      </div>
    </Section>
  );
}

function Identity({ device }: { device: Device }) {
  return (
    <div className="card p-4">
      <h2 className="mb-3 text-[14px] font-semibold">Identity</h2>
      <Facts
        items={[
          ['Vendor', device.vendor],
          ['Model', device.model],
          ['System', [device.os, device.osVersion].filter(Boolean).join(' ')],
          ['Serial', device.serial ? <CopyText key="serial" text={device.serial} length={28} /> : null],
          ['Own name', device.sysName],
          ['Location', device.location],
          ['Contact', device.contact],
          ['Says', device.sysDescr],
          ['Object id', device.sysObjectId ? <CopyText key="oid" text={device.sysObjectId} length={36} /> : null],
          ['Watched since', <Instant key="since" at={device.createdAt} />],
        ]}
      />
    </div>
  );
}

function Fullness({ inventory }: { inventory: Inventory }) {
  const rows = [...inventory.memory, ...inventory.storage]
    .toSorted((a, b) => b.usedPercent - a.usedPercent)
    .slice(0, 8);
  return (
    <div className="card p-4">
      <h2 className="mb-3 text-[14px] font-semibold">Memory and storage</h2>
      <ul className="flex flex-col gap-2.5 text-[13px]">
        {rows.map((row) => (
          <li key={row.name}>
            <span className="flex justify-between gap-3">
              <span className="min-w-0 truncate" title={row.name}>
                {row.name}
              </span>
              {row.totalBytes ? (
                <span className="figures shrink-0 text-muted">
                  {show(row.usedBytes, 'B')} of {show(row.totalBytes, 'B')}
                </span>
              ) : null}
            </span>
            <Full percent={row.usedPercent} label={`${row.name} full`} />
          </li>
        ))}
      </ul>
    </div>
  );
}
