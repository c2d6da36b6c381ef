import { z } from 'zod';

const text = z.string().nullable();
const num = z.number().nullable();

export const SystemFacts = z.object({
  sysObjectId: text,
  sysDescr: text,
  sysName: text,
  location: text,
  contact: text,
  uptimeSeconds: num,
  /** Hexadecimal digits; of devices that tell it. */
  snmpEngineId: z.string().optional(),
  vendor: text,
  model: text,
  os: text,
  osVersion: text,
  serial: text,
});
export type SystemFacts = z.infer<typeof SystemFacts>;

/** IF-MIB (RFC 2863) names for the numbers of ifAdminStatus and ifOperStatus. */
export const OperStatus = z.enum(['up', 'down', 'testing', 'unknown', 'dormant', 'notPresent', 'lowerLayerDown']);
export type OperStatus = z.infer<typeof OperStatus>;
export const AdminStatus = z.enum(['up', 'down', 'testing']);
export type AdminStatus = z.infer<typeof AdminStatus>;

export const InterfaceFacts = z.object({
  ifIndex: z.number().int(),
  ifName: text,
  ifDescr: text,
  ifAlias: text,
  /** IANAifType number. */
  ifType: z.number().int().nullable(),
  /** Octets. */
  ifMtu: num,
  /** Bits per second; null when the device does not say. */
  speedBps: num,
  /** Lower case, colons. */
  mac: text,
  adminStatus: AdminStatus.nullable(),
  operStatus: OperStatus.nullable(),
});
export type InterfaceFacts = z.infer<typeof InterfaceFacts>;

export const AddressFacts = z.object({
  address: z.string(),
  prefixLength: z.number().int().nullable(),
  ifIndex: z.number().int().nullable(),
});
export type AddressFacts = z.infer<typeof AddressFacts>;

/** What the device takes for too low and too high, in the unit of the reading. */
export const Limits = z.object({
  lowAlarm: z.number().optional(),
  lowWarning: z.number().optional(),
  highWarning: z.number().optional(),
  highAlarm: z.number().optional(),
});
export type Limits = z.infer<typeof Limits>;

/** A reading in base units (V, A, W, Hz, %, degrees Celsius, dBm, ...); `oid` is the value's own instance. */
export const SensorFacts = z.object({
  oid: z.string(),
  kind: z.string(),
  name: z.string(),
  value: num,
  unit: text,
  state: z.string().optional(),
  limits: Limits.optional(),
});
export type SensorFacts = z.infer<typeof SensorFacts>;

export const ProcessorFacts = z.object({ oid: z.string(), name: z.string(), usagePercent: num });
export type ProcessorFacts = z.infer<typeof ProcessorFacts>;

export const MemoryFacts = z.object({
  name: z.string(),
  totalBytes: z.number().optional(),
  usedBytes: z.number().optional(),
  usedPercent: z.number(),
});
export type MemoryFacts = z.infer<typeof MemoryFacts>;

export const StorageFacts = z.object({
  name: z.string(),
  totalBytes: z.number(),
  usedBytes: z.number(),
  usedPercent: z.number(),
});
export type StorageFacts = z.infer<typeof StorageFacts>;

export const HardwareFacts = z.object({
  index: z.number().int(),
  parentIndex: z.number().int().nullable(),
  class: text,
  name: text,
  description: text,
  model: text,
  serial: text,
  hardwareRev: text,
  firmwareRev: text,
  softwareRev: text,
});
export type HardwareFacts = z.infer<typeof HardwareFacts>;

export const VlanFacts = z.object({ id: z.number().int(), name: text });
export type VlanFacts = z.infer<typeof VlanFacts>;

export const NeighborFacts = z.object({
  protocol: z.string(),
  localIfIndex: z.number().int().nullable(),
  remoteName: text,
  remotePort: text,
  remoteAddress: z.string().optional(),
});
export type NeighborFacts = z.infer<typeof NeighborFacts>;

/** A reading of a transceiver (SFF-8472, SFF-8636): powers in dBm, bias currents in A. */
export const TransceiverReading = z.object({
  oid: z.string(),
  kind: z.enum(['temperature', 'voltage', 'bias', 'txPower', 'rxPower']),
  /** Which of several lasers; null where there is one, or it is the module's. */
  lane: z.number().int().nullable(),
  value: num,
  unit: text,
  limits: Limits.optional(),
});
export type TransceiverReading = z.infer<typeof TransceiverReading>;

/** A pluggable optic and the port that it is in, as far as the device tells. */
export const TransceiverFacts = z.object({
  ifIndex: z.number().int().nullable(),
  name: z.string(),
  vendor: text,
  model: text,
  serial: text,
  readings: z.array(TransceiverReading),
});
export type TransceiverFacts = z.infer<typeof TransceiverFacts>;

export const Inventory = z.object({
  system: SystemFacts,
  interfaces: z.array(InterfaceFacts),
  addresses: z.array(AddressFacts),
  sensors: z.array(SensorFacts),
  processors: z.array(ProcessorFacts),
  memory: z.array(MemoryFacts),
  storage: z.array(StorageFacts),
  hardware: z.array(HardwareFacts),
  vlans: z.array(VlanFacts),
  neighbors: z.array(NeighborFacts),
  transceivers: z.array(TransceiverFacts),
});
export type Inventory = z.infer<typeof Inventory>;

/** An inventory of which nothing is known yet. */
export function emptyInventory(): Inventory {
  return {
    system: {
      sysObjectId: null,
      sysDescr: null,
      sysName: null,
      location: null,
      contact: null,
      uptimeSeconds: null,
      vendor: null,
      model: null,
      os: null,
      osVersion: null,
      serial: null,
    },
    interfaces: [],
    addresses: [],
    sensors: [],
    processors: [],
    memory: [],
    storage: [],
    hardware: [],
    vlans: [],
    neighbors: [],
    transceivers: [],
  };
}
