import type { SystemFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import type { Library } from './library.ts';
import { enterpriseIn, enterprisesOf, matchProfiles } from './match.ts';
import { readEntries } from './read.ts';

/** What one profile gives on one device. */
export interface ProfileCoverage {
  readonly file: string;
  readonly why: string;
  /** Entries of the profile that the device answers, of all that it has. */
  readonly entries: number;
  readonly ofEntries: number;
  readonly rows: number;
}

export interface Coverage {
  readonly profiles: readonly ProfileCoverage[];
  /** Enterprise numbers that the device answers below and no profile speaks of. */
  readonly unknown: readonly number[];
}

/** Tells which profiles fit a device and why, what each gives, and what the device offers beyond them. */
export async function coverageOf(reader: SnmpReader, library: Library, system: SystemFacts): Promise<Coverage> {
  const { matches: matched } = await matchProfiles(reader, library, system);
  const profiles: ProfileCoverage[] = [];
  for (const { profile, why } of matched) {
    const read = await readEntries(reader, profile.entries);
    const rows = read.reduce((sum, entry) => sum + entry.rows.length, 0);
    profiles.push({ file: profile.file, why, entries: read.length, ofEntries: profile.entries.length, rows });
  }
  const spoken = new Set<number>();
  for (const { profile } of matched) {
    const oids = profile.entries.flatMap((entry) => entry.columns.map((column) => column.oid));
    for (const oid of [...oids, ...profile.present]) spoken.add(enterpriseIn(oid) ?? 0);
  }
  const answered = await enterprisesOf(reader);
  return { profiles, unknown: [...answered].filter((number) => !spoken.has(number) && !READ_ANYWAY.has(number)) };
}

/** net-snmp and UCD are read by SOTP's own readers. */
const READ_ANYWAY = new Set([2021, 8072]);
