import type { Inventory, SystemFacts } from '@sotp/contract/inventory.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { factsOf } from './facts.ts';
import type { EntryFacts } from './facts.ts';
import type { Library } from './library.ts';
import { matchProfiles } from './match.ts';
import { readFields } from './metadata.ts';
import { readEntries } from './read.ts';
import { seriesOf } from './series.ts';

export interface ProfileReading {
  readonly facts: Pick<Inventory, 'sensors' | 'processors' | 'memory' | 'storage' | 'vlans' | 'hardware'>;
  /** Identity, as far as the profiles that name the device know it. */
  readonly named: Partial<SystemFacts>;
  /** Identity by profiles that apply because the device answers in their tree. */
  readonly hinted: Partial<SystemFacts>;
  readonly series: readonly PlannedSeries[];
  readonly profiles: readonly string[];
  readonly leftOut: number;
  readonly enterprises: readonly number[];
  /** Names that the operator chose and that no profile has. */
  readonly unknown: readonly string[];
  /** What transceivers are made of. */
  readonly optics: Pick<EntryFacts, 'optics' | 'parts'>;
}

export interface ProfileOptions {
  /** True when every column is wanted as a series, not only what gives facts. */
  readonly plan: boolean;
  /** Profiles or Prometheus modules that the operator chose for the device by name. */
  readonly chosen: readonly string[];
}

/** Reads what the profiles say of the device: facts, and, with `plan`, every column of theirs as a series. */
export async function readProfiles(
  reader: SnmpReader,
  library: Library,
  system: SystemFacts,
  { plan, chosen }: ProfileOptions,
): Promise<ProfileReading> {
  const { matches: matched, enterprises, unknown } = await matchProfiles(reader, library, system, chosen);
  const entries = [...new Set(matched.flatMap(({ profile }) => profile.entries))];
  const read = await readEntries(reader, plan ? entries : entries.filter((entry) => entry.facts));
  const facts: EntryFacts = { ...emptyFacts(), optics: [], parts: new Map(), leftOut: 0 };
  const series: PlannedSeries[] = [];
  for (const rows of read) {
    factsOf(rows, facts);
    if (plan) series.push(...seriesOf(rows));
  }
  const naming = matched.filter(({ why }) => why !== 'present').map(({ profile }) => profile);
  const hinting = matched.filter(({ why }) => why === 'present').map(({ profile }) => profile);
  const { leftOut, optics, parts, ...lists } = facts;
  return {
    facts: lists,
    named: await readFields(reader, naming),
    hinted: await readFields(reader, hinting),
    series,
    profiles: matched.map(({ profile }) => profile.file),
    leftOut,
    enterprises,
    unknown,
    optics: { optics, parts },
  };
}

function emptyFacts(): ProfileReading['facts'] {
  return { sensors: [], processors: [], memory: [], storage: [], vlans: [], hardware: [] };
}
