import { z } from 'zod';
import { Id, Instant, PageQuery, pageOf } from './lists.ts';

/** RFC 5424 severities by number, as they are typed and shown. */
export const SEVERITY_NAMES = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'info',
  'debug',
] as const;

/** Facilities by number, by their usual short names. */
export const FACILITY_NAMES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'console',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

export const LogEntry = z.object({
  id: Id,
  /** By the sender's clock; when it named no time, when the line came. */
  at: Instant,
  /** When the line came: lists are in this order, and `from` and `to` mean this. */
  receivedAt: Instant,
  deviceId: Id.nullable(),
  host: z.string().nullable(),
  app: z.string().nullable(),
  procId: z.string().nullable(),
  msgId: z.string().nullable(),
  /** RFC 5424 number, 0 (emergency) to 7 (debug). */
  severity: z.number().int().min(0).max(7),
  /** RFC 5424 number, 0 to 23. */
  facility: z.number().int().min(0).max(23),
  message: z.string(),
  source: z.enum(['syslog', 'trap', 'ssh', 'system']),
  /** The address it came from. */
  sender: z.string(),
  fields: z.record(z.string(), z.string()),
  /** Why the line could not be read as it should: `no_pri`, `bad_header`, `encoding`, …; null when it could. */
  parseError: z.string().nullable(),
  /** The line was longer than 64 KiB, and its end is missing. */
  truncated: z.boolean(),
});
export type LogEntry = z.infer<typeof LogEntry>;

const Range = {
  /** Words, "phrases", -not, field:value, severity>=warning, device:core*, /regex/, OR, ( ). */
  query: z.string().max(2_000).optional(),
  device: Id.optional(),
  host: z.string().max(255).optional(),
  app: z.string().max(255).optional(),
  /** Numbers or names, with commas: `3`, `error,critical`. */
  severity: z.string().max(100).optional(),
  from: z.string().max(40).default('now-24h'),
  to: z.string().max(40).default('now'),
};

/** `GET /logs`: newest first unless `direction=forward`. */
export const LogQuery = PageQuery.extend({ ...Range, direction: z.enum(['backward', 'forward']).default('backward') });
export type LogQuery = z.infer<typeof LogQuery>;

/** A page may hold fewer lines than asked for, even none, and have a next one: the search stopped to say how far it came. */
export const LogPage = pageOf(LogEntry).extend({
  /** How far the search has come; null when it has looked through all. */
  searchedTo: Instant.nullable(),
});
export type LogPage = z.infer<typeof LogPage>;

/** `GET /logs/{id}`: the line with its bytes. */
export const LogDetail = LogEntry.extend({
  /** The line as it came, base64. */
  raw: z.string(),
});
export type LogDetail = z.infer<typeof LogDetail>;

/** `GET /logs/{id}/context`: lines of the same sender around one. */
export const LogContextQuery = z.object({
  before: z.coerce.number().int().min(0).max(200).default(20),
  after: z.coerce.number().int().min(0).max(200).default(20),
});
export const LogContext = z.object({ before: z.array(LogEntry), line: LogEntry, after: z.array(LogEntry) });
export type LogContext = z.infer<typeof LogContext>;

export const LogHistogramQuery = z.object({ ...Range, step: z.string().max(20).optional() });
export type LogHistogramQuery = z.infer<typeof LogHistogramQuery>;

export const LogHistogram = z.object({
  /** Seconds. */
  step: z.number(),
  from: Instant,
  to: Instant,
  /** Before this nothing was counted, because it would have taken too long; null when all was. */
  countedFrom: Instant.nullable(),
  /** Epoch ms of the start of a step, and the lines of each severity, 0 to 7; steps without lines are left out. */
  steps: z.array(z.object({ at: z.number(), counts: z.array(z.number().int()) })),
});
export type LogHistogram = z.infer<typeof LogHistogram>;

/** `GET /logs/export`: lines one after the other, newest first; at most so many. */
export const LogExportQuery = z.object({
  ...Range,
  format: z.enum(['csv', 'ndjson']).default('csv'),
  limit: z.coerce.number().int().min(1).max(1_000_000).default(100_000),
});
export type LogExportQuery = z.infer<typeof LogExportQuery>;

export const LogPatternsQuery = z.object(Range);
export type LogPatternsQuery = z.infer<typeof LogPatternsQuery>;

/** A shape that many lines have. */
export const LogPattern = z.object({
  /** The words of the lines, `<*>` where they differ. */
  pattern: z.string(),
  app: z.string().nullable(),
  /** Of the lines that were looked at. */
  count: z.number().int(),
  /** Of all lines that were looked at, 0 to 1. */
  share: z.number(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  /** The gravest severity of its lines. */
  severity: z.number().int(),
  /** None of the lines looked at in the same time before has this shape. */
  new: z.boolean(),
  example: z.string(),
  /** A query that finds its lines. */
  query: z.string(),
});
export type LogPattern = z.infer<typeof LogPattern>;

export const LogPatterns = z.object({
  from: Instant,
  to: Instant,
  /** Lines that fit the query in this time. */
  lines: z.number().int(),
  /** Of those, how many were looked at; when not all, they were taken from all over the time. */
  looked: z.number().int(),
  /** Most frequent first. */
  items: z.array(LogPattern),
});
export type LogPatterns = z.infer<typeof LogPatterns>;

/** Somebody who sends lines and is no device yet. */
export const LogSender = z.object({
  address: z.string(),
  host: z.string().nullable(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  lines: z.number().int(),
  worstSeverity: z.number().int(),
});
export type LogSender = z.infer<typeof LogSender>;
export const LogSenders = z.object({ items: z.array(LogSender) });
export type LogSenders = z.infer<typeof LogSenders>;

/** What lines take on disk, by class of severity and UTC day; lines are null where the back end does not count them. */
export const LogUsage = z.object({
  bytes: z.number(),
  lines: z.number().nullable(),
  items: z.array(z.object({ class: z.string(), day: Instant, bytes: z.number(), lines: z.number().nullable() })),
});
export type LogUsage = z.infer<typeof LogUsage>;

const countedName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,49}$/, 'small letters, digits, _ and -, at most 50, a letter first');
const countedQuery = z.string().trim().min(1).max(1_000);
/** An alert fires when more lines than this of one device match within five minutes; null: none does. */
const alertAbove = z.int().min(0).max(1_000_000).nullable();

/** A query whose matching lines are counted as they come in: series `log_matches_total` with the label `query`. */
export const CountedQuery = z.object({ id: Id, name: z.string(), query: z.string(), alertAbove });
export type CountedQuery = z.infer<typeof CountedQuery>;
export const CountedQueryCreate = z
  .object({ name: countedName, query: countedQuery, alertAbove: alertAbove.default(null) })
  .strict();
export type CountedQueryCreate = z.infer<typeof CountedQueryCreate>;
export const CountedQueryPatch = z.object({ name: countedName, query: countedQuery, alertAbove }).partial().strict();
export type CountedQueryPatch = z.infer<typeof CountedQueryPatch>;
export const CountedQueryList = z.object({ items: z.array(CountedQuery), nextCursor: z.null() });
