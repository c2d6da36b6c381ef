import { z } from 'zod';

// The Datadog-family profile format, SOTP's native one; docs/profiles.md tells it in full. What SOTP adds to it is
// marked "own".

const Oid = z
  .string()
  .regex(/^\.?\d+(\.\d+)+$/, 'an OID is numbers with dots between')
  .transform((oid) => oid.replace(/^\./, ''));
const OidPattern = z
  .string()
  .regex(/^\.?\d+(\.(\d+|\*|[[(|)\]\d\\+-]+))*(\.?\*)?$/, 'a sysObjectID is an OID, or an OID with .* behind it')
  .transform((oid) => oid.replace(/^\./, ''));
const ListOf = <T extends z.ZodType>(item: T) =>
  z.union([item, z.array(item)]).transform((v) => (Array.isArray(v) ? v : [v]));
const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const Mapping = z.record(z.string(), Scalar);

export const METRIC_TYPES = [
  'gauge',
  'rate',
  'monotonic_count',
  'monotonic_count_and_rate',
  'percent',
  'flag_stream',
  'counter',
] as const;
const MetricType = z.enum(METRIC_TYPES);

/** own: what a row's other column, or a part of its index, says about the reading. */
const SensorCase = z.strictObject({
  kind: z.string().optional(),
  unit: z.string().nullable().optional(),
  scale_factor: z.number().optional(),
  mapping: Mapping.optional(),
  skip: z.boolean().optional(),
});

/** own: the column is a sensor reading, given in `unit` after `scale_factor`. */
const Sensor = z.strictObject({
  kind: z.string(),
  unit: z.string().nullable().optional(),
  /** Raw values that say "no reading". */
  invalid: z.array(z.number()).optional(),
  /** Bounds of what is possible, after scaling. */
  min: z.number().optional(),
  max: z.number().optional(),
  /** Where the MIB names no scale: the first of these that gives a plausible value counts. */
  scales: z.array(z.number()).min(1).optional(),
  /** Added after scaling. */
  offset: z.number().optional(),
  /** Name of a column that holds the number of decimal places. */
  decimals: z.string().optional(),
  /** Name of a column that holds the divisor. */
  divisor: z.string().optional(),
  /** Name of a column that holds the whole; the reading is given as its percentage. */
  percent_of: z.string().optional(),
  /** Columns of the same index with the device's own limits for the reading, in its scale. */
  limits: z
    .strictObject({
      low_alarm: Oid.optional(),
      low_warning: Oid.optional(),
      high_warning: Oid.optional(),
      high_alarm: Oid.optional(),
    })
    .optional(),
  by: z
    .strictObject({
      symbol: z.string().optional(),
      index: z.number().int().optional(),
      cases: z.record(z.string(), SensorCase),
    })
    .optional(),
});

/** own: the column is a processor's usage; `idle` says that it counts what is left. */
const Processor = z.strictObject({
  name: z.string().optional(),
  idle: z.boolean().optional(),
  max: z.number().optional(),
});

const Names = ListOf(z.string());

/** own: columns of the entry that make up a pool; sizes times `scale` are octets. Of several columns the first that has a value counts. */
const Pool = z.strictObject({
  name: z.string().optional(),
  total: Names.optional(),
  used: Names.optional(),
  free: Names.optional(),
  percent: Names.optional(),
  percent_free: Names.optional(),
  scale: z.number().optional(),
  /** Name of a column that holds the size of an allocation unit. */
  scale_by: z.string().optional(),
});

/** own: rows that count; the others are left out. */
const Where = z.strictObject({
  symbol: z.string().optional(),
  /** A column of the same index that need not be a symbol of the entry. */
  OID: Oid.optional(),
  in: z.array(Scalar).optional(),
  not_in: z.array(Scalar).optional(),
  match: z.string().optional(),
});

/** own: rows that are VLANs; the id is a column or a part of the index (from the end when negative). */
const Vlan = z.strictObject({ id: z.union([z.string(), z.number().int()]), name: z.string().optional() });

/** own: rows that are parts of the hardware, for devices without ENTITY-MIB; each names a column. */
const Hardware = z.strictObject({
  class: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  model: z.string().optional(),
  serial: z.string().optional(),
  hardware_rev: z.string().optional(),
  firmware_rev: z.string().optional(),
  software_rev: z.string().optional(),
});

export const Symbol = z.strictObject({
  OID: Oid,
  name: z.string().min(1),
  MIB: z.string().optional(),
  scale_factor: z.number().optional(),
  extract_value: z.string().optional(),
  match_pattern: z.string().optional(),
  match_value: z.string().optional(),
  format: z.string().optional(),
  mapping: Mapping.optional(),
  constant_value_one: z.boolean().optional(),
  metric_type: MetricType.optional(),
  unit: z.string().optional(),
  description: z.string().optional(),
  sensor: Sensor.optional(),
  processor: z.union([z.literal(true), Processor]).optional(),
  /** own: polled with every poll, or every few minutes; counters and processors are fast when left out. */
  cadence: z.enum(['fast', 'slow']).optional(),
});
export type Symbol = z.infer<typeof Symbol>;

const TagSymbol = Symbol.omit({ sensor: true, processor: true, cadence: true });

const IndexTransform = z.array(z.strictObject({ start: z.number().int().min(0), end: z.number().int().min(0) }));

/** own: a part of an index: of a fixed size, `implied` (up to the end), or else with its length before it. */
const IndexPart = z.strictObject({
  type: z.enum(['number', 'text', 'octets', 'ipv4', 'ipv6', 'mac', 'inet']),
  size: z.number().int().min(1).optional(),
  implied: z.boolean().optional(),
});
export type IndexPart = z.infer<typeof IndexPart>;

export const MetricTag = z.union([
  z.string(),
  z.strictObject({
    tag: z.string().optional(),
    MIB: z.string().optional(),
    OID: Oid.optional(),
    table: z.string().optional(),
    symbol: z.union([TagSymbol, z.string()]).optional(),
    column: TagSymbol.optional(),
    index: z.number().int().min(1).optional(),
    /** own: the text that begins at this part of the index with its length. */
    index_text: z.number().int().min(1).optional(),
    index_transform: IndexTransform.optional(),
    /** own: what the index is made of, where its parts are of more than one number. */
    index_parts: z.array(IndexPart).min(1).optional(),
    /** own: the part of the index, counted from 1, that is the value; or the parts that are the index of `symbol`. */
    part: z.number().int().min(1).optional(),
    parts: z.array(z.number().int().min(1)).optional(),
    mapping: Mapping.optional(),
    format: z.string().optional(),
    match: z.string().optional(),
    tags: z.record(z.string(), z.string()).optional(),
  }),
]);
export type MetricTag = z.infer<typeof MetricTag>;

export const Metric = z.strictObject({
  MIB: z.string().optional(),
  table: z.strictObject({ OID: Oid, name: z.string().optional() }).optional(),
  symbol: Symbol.optional(),
  symbols: z.array(Symbol).optional(),
  OID: Oid.optional(),
  name: z.string().optional(),
  metric_tags: z.array(MetricTag).optional(),
  static_tags: z.array(z.string()).optional(),
  metric_type: MetricType.optional(),
  forced_type: MetricType.optional(),
  options: z.strictObject({ placement: z.number().int().optional(), metric_suffix: z.string().optional() }).optional(),
  /** own */
  where: z.array(Where).optional(),
  memory: Pool.optional(),
  storage: Pool.optional(),
  vlan: Vlan.optional(),
  hardware: Hardware.optional(),
  /** Columns that say the same better: the entry is left out on a device that has one of them. */
  unless: ListOf(Oid).optional(),
});
export type Metric = z.infer<typeof Metric>;

const FieldSymbol = TagSymbol;

export const Field = z.strictObject({
  value: Scalar.optional(),
  symbol: FieldSymbol.optional(),
  symbols: z.array(FieldSymbol).optional(),
});
export type Field = z.infer<typeof Field>;

const Resource = z.strictObject({
  fields: z.record(z.string(), Field).optional(),
  id_tags: z.array(MetricTag).optional(),
});

export const ProfileFile = z.strictObject({
  name: z.string().optional(),
  description: z.string().optional(),
  sysobjectid: ListOf(OidPattern).optional(),
  /** own: applies to devices whose sysDescr matches, besides those of `sysobjectid`. */
  sysdescr: z.string().optional(),
  /** own: applies, whatever the sysObjectID, to devices that answer below one of these OIDs. */
  present: ListOf(Oid).optional(),
  extends: z.array(z.string()).optional(),
  device: z.record(z.string(), z.string()).optional(),
  metadata: z.record(z.string(), Resource).optional(),
  metrics: z.array(Metric).optional(),
  metric_tags: z.array(MetricTag).optional(),
  static_tags: z.array(z.string()).optional(),
});
export type ProfileFile = z.infer<typeof ProfileFile>;
