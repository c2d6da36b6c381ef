import type { SnmpReader } from '#collectors/snmp/reader.ts';
import type { Knowledge, PlannedSeries } from '#collectors/snmp/plan.ts';
import { readAddresses } from './addresses.ts';
import { readEntity } from './entity.ts';
import { readEntitySensors } from './entitySensor.ts';
import { identify } from './identity.ts';
import { readHostResources } from './hostResources.ts';
import { readInterfaces } from './interfaces.ts';
import { mergeReadings } from './reading.ts';
import { skipAbsent } from './present.ts';
import { readProfiles } from './profiles/index.ts';
import { openLibrary } from './profiles/library.ts';
import type { Library } from './profiles/library.ts';
import { readTransceivers } from './transceivers/index.ts';
import { readSystem } from './system.ts';
import { readNeighbors } from './neighbors.ts';
import { joinVlans, readVlans } from './vlans.ts';
import { readUcd } from './ucd.ts';

export interface KnowledgeOptions {
  /** False when only facts are wanted (a one-shot probe): counters are then not looked at. True when left out. */
  readonly plan?: boolean;
  /** The profiles to read vendors' tables with; those that SOTP brings along when left out. */
  readonly library?: Library;
  /** Profiles or Prometheus modules that the operator chose for this device by name. */
  readonly profiles?: readonly string[];
}

let shipped: Library | undefined;

/**
 * Reads a device as a whole: its facts, and what to read at every poll from now on. A subject that the device does not
 * answer gives an empty section; only a silent device throws.
 */
export async function readKnowledge(device: SnmpReader, options: KnowledgeOptions = {}): Promise<Knowledge> {
  const plan = options.plan ?? true;
  const reader = await skipAbsent(device);
  const system = await readSystem(reader);
  const interfaces = await readInterfaces(reader, plan);
  const host = await readHostResources(reader);
  const ucd = await readUcd(reader);
  const hardware = await readEntity(reader);
  const sensors = await readEntitySensors(reader, hardware);
  const library = options.library ?? (shipped ??= openLibrary());
  const vendor = await readProfiles(reader, library, system.facts.system, {
    plan,
    chosen: options.profiles ?? [],
  });
  const transceivers = await readTransceivers(reader, {
    interfaces: interfaces.facts.interfaces ?? [],
    hardware,
    entitySensors: sensors.byEntity,
    rows: vendor.optics.optics,
    parts: vendor.optics.parts,
  });
  const lists = {
    transceivers,
    addresses: await readAddresses(reader),
    hardware: [...hardware, ...vendor.facts.hardware],
    vlans: joinVlans(await readVlans(reader), vendor.facts.vlans),
    neighbors: await readNeighbors(reader, interfaces.facts.interfaces ?? []),
  };
  const { facts, series } = mergeReadings([
    system,
    interfaces,
    host,
    withoutDoubles(ucd, host),
    sensors,
    { facts: { ...vendor.facts, hardware: [], vlans: [] }, series: vendor.series },
    { facts: lists, series: [] },
  ]);
  facts.system = identify(system.facts.system, vendor, hardware);
  const leftOut = sensors.leftOut + vendor.leftOut;
  const { profiles, enterprises, unknown } = vendor;
  return { facts, series: plan ? withoutRepeats(series) : [], profiles, leftOut, enterprises, unknown };
}

/** Series that two profiles give alike count once: the store knows a series by its metric and labels. */
function withoutRepeats(series: readonly PlannedSeries[]): PlannedSeries[] {
  const seen = new Set<string>();
  return series.filter(({ oid, spec }) => {
    const own = JSON.stringify([spec.metric, spec.labels]);
    const value = `${oid} ${spec.metric}`;
    if (seen.has(own) || seen.has(value)) return false;
    seen.add(own).add(value);
    return true;
  });
}

type Reading = Awaited<ReturnType<typeof readUcd>>;

/** HOST-RESOURCES says the same in finer grain; UCD fills in only where it is silent. */
function withoutDoubles(ucd: Reading, host: Reading): Reading {
  const facts = { ...ucd.facts };
  if (host.facts.processors?.length) delete facts.processors;
  if (host.facts.memory?.length) delete facts.memory;
  return { facts, series: ucd.series };
}
