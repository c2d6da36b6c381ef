import type { DeviceChange } from '@sotp/contract/changes.ts';
import { show } from '#lib/format.ts';

const FIELDS: Readonly<Record<string, string>> = {
  sysName: 'Name',
  location: 'Location',
  model: 'Model',
  osVersion: 'Version',
  serial: 'Serial number',
};
const PARTS = { interfaces: 'Interface', hardware: 'Part', neighbors: 'Neighbor on' } as const;

/** What a change is about. */
export function whatOf({ section, subject }: Pick<DeviceChange, 'section' | 'subject'>): string {
  return section === 'system' ? (FIELDS[subject] ?? subject) : `${PARTS[section]} ${subject}`;
}

/** The values of one side in a line; a side that says nothing is a dash. */
export function written(values: DeviceChange['before']): string {
  const texts = Object.entries(values ?? {})
    .filter(([, value]) => value !== null && value !== '')
    .map(([field, value]) => {
      if (field === 'speedBps' && typeof value === 'number') return show(value, 'bit/s');
      return field === 'ifIndex' ? `ifIndex ${value}` : String(value);
    });
  return texts.length > 0 ? texts.join(', ') : '–';
}
