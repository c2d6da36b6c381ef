import { z } from 'zod';

// A module of Prometheus snmp_exporter's `snmp.yml`, as its generator writes it; keys that do not say what is read
// (help, timeouts, versions) are allowed and not looked at.

const Oid = z.string().regex(/^\.?\d+(\.\d+)*$/, 'an OID is numbers with dots between');
const Index = z.looseObject({
  labelname: z.string(),
  type: z.string().default('gauge'),
  fixed_size: z.number().int().min(0).optional(),
  implied: z.boolean().optional(),
  enum_values: z.record(z.string(), z.coerce.string()).optional(),
});
const Lookup = z.looseObject({
  labels: z.array(z.string()).optional(),
  labelname: z.string(),
  oid: Oid.optional(),
  type: z.string().optional(),
});

export const ModuleMetric = z.looseObject({
  name: z.string().min(1),
  oid: Oid,
  type: z.string(),
  indexes: z.array(Index).optional(),
  lookups: z.array(Lookup).optional(),
  regex_extracts: z.record(z.string(), z.array(z.looseObject({ value: z.string(), regex: z.string() }))).optional(),
  enum_values: z.record(z.string(), z.coerce.string()).optional(),
  scale: z.number().optional(),
  offset: z.number().optional(),
});
export type ModuleMetric = z.infer<typeof ModuleMetric>;

export const ModuleFilter = z.looseObject({
  oid: Oid,
  targets: z.array(Oid).optional(),
  values: z.array(z.string()).optional(),
});

export const Module = z.looseObject({
  walk: z.array(z.string()).optional(),
  get: z.array(z.string()).optional(),
  metrics: z.array(ModuleMetric).default([]),
  filters: z.array(ModuleFilter).optional(),
});
export type Module = z.infer<typeof Module>;
