'use client';
import { useMemo, useState } from 'react';
import type { Device } from '@sotp/contract/devices.ts';
import type { InterfaceFacts, Inventory } from '@sotp/contract/inventory.ts';
import { useSpan } from '#features/metrics/useWindow.ts';
import { count } from '#lib/format.ts';
import { useUrlState } from '#lib/url.ts';
import { Input } from '#ui/field.tsx';
import { Chip } from '#ui/small.tsx';
import { Empty, ErrorState } from '#ui/state.tsx';
import { DataTable } from '#ui/table/table.tsx';
import { interfaceColumns, InterfacePhoneRow, type InterfaceRow } from './columns.tsx';
import { InterfaceDialog } from './InterfaceDialog.tsx';
import { interfaceName, LOOPBACK, useTraffic } from './traffic.ts';

const SPARK_POINTS = 60;
const SHOW = ['all', 'up', 'down'] as const;
const WORDS = { all: 'All', up: 'Up', down: 'Down' } as const;

/** How often the device is asked by SNMP. */
export function snmpInterval(device: Device): number {
  return device.collectors.find(({ name }) => name === 'snmp')?.intervalSeconds ?? 60;
}

/** Every interface with its state, rates now, how full it is, and its line over the window. */
export function Interfaces({ device, inventory }: { device: Device; inventory: Inventory }) {
  const { params, set } = useUrlState();
  const [text, setText] = useState('');
  const [show, setShow] = useState<(typeof SHOW)[number]>('all');
  const intervalSeconds = snmpInterval(device);
  const { from, to } = useSpan();
  const all = inventory.interfaces;
  const traffic = useTraffic({ device: device.id, intervalSeconds, points: SPARK_POINTS, expected: all.length });
  const columns = useMemo(
    () => interfaceColumns({ from, to, staleMs: Math.max(traffic.step * 2000, intervalSeconds * 2500) }),
    [from, to, traffic.step, intervalSeconds],
  );
  const rows = useMemo<InterfaceRow[]>(() => {
    const letters = text.trim().toLowerCase();
    return all
      .filter((facts) => show === 'all' || (facts.operStatus === 'up') === (show === 'up'))
      .filter(
        (facts) =>
          letters === '' ||
          `${interfaceName(facts)} ${facts.ifDescr ?? ''} ${facts.ifAlias ?? ''}`.toLowerCase().includes(letters),
      )
      .map((facts) => ({ facts, traffic: traffic.byIndex.get(facts.ifIndex) }));
  }, [all, text, show, traffic.byIndex]);
  const openIndex = Number(params.get('if') ?? Number.NaN);
  const open = all.find(({ ifIndex }) => ifIndex === openIndex);
  const up = all.filter(({ operStatus }) => operStatus === 'up').length;
  const numbers = { all: all.length, up, down: all.length - up };

  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Input
          type="search"
          data-filter
          aria-label="Search interfaces"
          placeholder="Name or alias"
          value={text}
          onChange={({ target }) => setText(target.value)}
          className="max-w-60 max-sm:max-w-none"
        />
        {SHOW.map((each) => (
          <Chip key={each} on={show === each && each !== 'all'} onClick={() => setShow(show === each ? 'all' : each)}>
            {WORDS[each]} <span className="figures text-muted">{count(numbers[each])}</span>
          </Chip>
        ))}
      </div>
      {traffic.error ? (
        <div className="mb-3">
          <ErrorState error={traffic.error} what="The rates could not be read." />
        </div>
      ) : null}
      <DataTable<InterfaceRow>
        label="Interfaces"
        rows={rows}
        columns={columns}
        rowKey={({ facts }) => String(facts.ifIndex)}
        onOpen={({ facts }) => set({ if: String(facts.ifIndex) }, 'push')}
        phone={(row) => <InterfacePhoneRow row={row} to={to} staleMs={traffic.step * 2000} />}
        empty={<Empty>No interface fits this filter.</Empty>}
      />
      {open ? (
        <InterfaceDialog
          device={device}
          facts={open}
          intervalSeconds={intervalSeconds}
          onClose={() => set({ if: null })}
        />
      ) : null}
    </>
  );
}

/** The interfaces to show first: those that carried most, else those that are up. */
export function busiest(
  interfaces: readonly InterfaceFacts[],
  peak: (ifIndex: number) => number,
  howMany: number,
): InterfaceFacts[] {
  return interfaces
    .map((facts) => ({
      facts,
      peak: peak(facts.ifIndex),
      up: facts.operStatus === 'up',
      own: facts.ifType === LOOPBACK,
    }))
    .filter(({ up, peak: most }) => up || most > 0)
    .toSorted((a, b) => b.peak - a.peak || Number(a.own) - Number(b.own) || a.facts.ifIndex - b.facts.ifIndex)
    .slice(0, howMany)
    .map(({ facts }) => facts);
}
