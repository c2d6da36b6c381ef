import type { SystemFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { firstBelow, inOrder } from '#collectors/snmp/knowledge/firstBelow.ts';
import type { Library, Profile } from './library.ts';
import { matches } from './shape.ts';

const ENTERPRISES = '1.3.6.1.4.1';
const ENTERPRISE_ARCS = 7;
/** No agent speaks of more makers than this; the limit guards against one that invents them. */
const MAX_ENTERPRISES = 40;

export interface Match {
  readonly profile: Profile;
  /** Why it applies. */
  readonly why: 'sysObjectID' | 'sysDescr' | 'present' | 'setting';
  /** How much of the sysObjectID it names; the more, the more specific. */
  readonly weight: number;
}

export interface Matched {
  readonly matches: readonly Match[];
  /** The enterprises that the device speaks of. */
  readonly enterprises: readonly number[];
  /** Names that were chosen for the device and are no profile's. */
  readonly unknown: readonly string[];
}

/** The enterprise numbers below which the device answers, found by one GETNEXT a number. */
export async function enterprisesOf(reader: SnmpReader): Promise<Set<number>> {
  const found = new Set<number>();
  let from = ENTERPRISES;
  while (found.size < MAX_ENTERPRISES) {
    const [answer] = await reader.next([from]);
    const number = enterpriseIn(answer?.oid);
    if (number === null || found.has(number)) break;
    found.add(number);
    // GETNEXT behind the last possible instance of this enterprise.
    from = `${ENTERPRISES}.${number + 1}`;
  }
  return found;
}

/** The enterprise number of an OID, or null. */
export function enterpriseIn(oid: string | null | undefined): number | null {
  if (!oid?.startsWith(`${ENTERPRISES}.`)) return null;
  return Number(oid.slice(ENTERPRISES.length + 1).split('.', 1)[0]);
}

/** A profile that the operator chose for the device outweighs any sysObjectID. */
const CHOSEN = 1000;

/** The profiles that fit a device, the most specific first; before them those that were chosen for it by name. */
export async function matchProfiles(
  reader: SnmpReader,
  library: Library,
  system: SystemFacts,
  chosen: readonly string[] = [],
): Promise<Matched> {
  const own = enterpriseIn(system.sysObjectId);
  const known = await enterprisesOf(reader);
  if (own !== null) known.add(own);
  const candidates = await library.candidates(known);
  const answered = await answeredRoots(reader, candidates, known);
  const found: Match[] = [];
  for (const name of chosen) {
    const profile = library.named(name);
    if (profile) found.push({ profile, why: 'setting', weight: CHOSEN });
  }
  for (const profile of candidates) {
    if (found.some((one) => one.profile === profile)) continue;
    const weight = Math.max(0, ...profile.sysObjectIds.map((pattern) => weigh(pattern, system.sysObjectId ?? '')));
    if (weight > 0) found.push({ profile, why: 'sysObjectID', weight });
    else if (profile.sysDescr && matches(profile.sysDescr, system.sysDescr ?? '')) {
      found.push({ profile, why: 'sysDescr', weight: 0 });
    } else if (profile.present.some((root) => answered.has(root))) found.push({ profile, why: 'present', weight: -1 });
  }
  const unknown = chosen.filter((name) => library.named(name) === null);
  return { matches: found.sort((a, b) => b.weight - a.weight), enterprises: [...known], unknown };
}

/** Of the roots that profiles wait for, those that the device answers below. */
async function answeredRoots(
  reader: SnmpReader,
  profiles: readonly Profile[],
  enterprises: ReadonlySet<number>,
): Promise<Set<string>> {
  const answered = new Set<string>();
  const unsure = new Set<string>();
  for (const root of profiles.flatMap((profile) => profile.present)) {
    const number = enterpriseIn(root);
    if (number === null || root.split('.').length > ENTERPRISE_ARCS) unsure.add(root);
    else if (enterprises.has(number)) answered.add(root);
  }
  for (const root of (await firstBelow(reader, inOrder(unsure))).keys()) answered.add(root);
  return answered;
}

/** How many arcs of the sysObjectID a pattern names; 0 when it does not fit. An exact one weighs half an arc more. */
function weigh(pattern: string, sysObjectId: string): number {
  if (pattern.endsWith('.*')) {
    const prefix = pattern.slice(0, -2);
    return sysObjectId === prefix || sysObjectId.startsWith(`${prefix}.`) ? prefix.split('.').length : 0;
  }
  return pattern === sysObjectId ? pattern.split('.').length + 0.5 : 0;
}
