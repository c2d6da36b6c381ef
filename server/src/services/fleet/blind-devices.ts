import type { BlindReason, BlindSpot } from '@sotp/contract/blind-spots.ts';
import type { BlindDeviceStore, BlindDevices } from '#stores/devices/devices.ts';
import type { BlindSource } from './blind-spots.ts';

const SHOWN = 10;

type Words = Pick<BlindSpot, 'kind' | 'title' | 'remedy' | 'href'>;

/** What to say of each reason for which a device is not watched. */
const WORDS: Partial<Record<BlindReason, Words>> = {
  no_process: {
    kind: 'blind',
    title: 'No collector is running',
    remedy: 'Start one: “sotp start”, on this machine or on another with the same database.',
    href: '/fleet',
  },
  no_plan: {
    kind: 'blind',
    title: 'No hub plans polls',
    remedy: 'The scheduler has stopped, or cannot write: start a hub, and see whether the database takes writes.',
    href: '/fleet',
  },
  site_unserved: {
    kind: 'blind',
    title: 'Sites without a collector',
    remedy: 'Start a collector that is pinned to the site, or give the site back to all collectors.',
    href: '/fleet',
  },
  late: {
    kind: 'blind',
    title: 'Polls that do not come in',
    remedy: 'See whether the collectors have too much to do, and whether their spools are delivered.',
    href: '/fleet',
  },
  not_polled_yet: {
    kind: 'blind',
    title: 'Not polled yet',
    remedy: 'New devices are polled within one interval. If this stays, see the fleet.',
    href: '/fleet',
  },
  no_collectors: {
    kind: 'blind',
    title: 'Devices without any collector',
    remedy: 'Give each at least one collector, ping for example.',
    href: null,
  },
  credential_refused: {
    kind: 'weak',
    title: 'Credentials that no longer answer',
    remedy: 'The device answers, but not to its credential: look whether the secret was changed there.',
    href: '/credentials',
  },
  maintenance: {
    kind: 'chosen',
    title: 'In maintenance',
    remedy: 'They are polled, but what the polls find is no news until the maintenance ends.',
    href: '/devices?status=maintenance',
  },
  disabled: {
    kind: 'chosen',
    title: 'Switched off',
    remedy: 'Nobody polls them. “Watch again” is in the menu of each.',
    href: '/devices?status=disabled',
  },
};

function toSpot({ reason, count, devices }: BlindDevices): BlindSpot[] {
  const words = WORDS[reason];
  if (!words || count === 0) return [];
  const items = devices.map(({ id, name, address, detail }) => ({
    name,
    href: `/devices/${id}`,
    detail: detail ?? address,
  }));
  return [{ reason, ...words, count, items }];
}

/** Devices whose status nobody knows, that are left out on purpose, or whose credential is refused. */
export function blindDevices(store: BlindDeviceStore): BlindSource {
  return async ({ scope }) => {
    const sites = scope === null ? {} : { sites: scope.sites };
    const [unwatched, refused] = await Promise.all([store.unwatched(sites, SHOWN), store.refused(sites, SHOWN)]);
    return [...unwatched, refused].flatMap(toSpot);
  };
}
