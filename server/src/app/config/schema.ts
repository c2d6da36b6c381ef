import { availableParallelism, hostname } from 'node:os';
import { z } from 'zod';
import { SyslogSettings } from '#collectors/syslog/settings.ts';
import { MibSettings, TrapSettings } from '#collectors/traps/settings.ts';
import { HeartbeatSettings } from '#services/alerting/heartbeat-settings.ts';
import { AlertingSettings } from '#services/alerting/settings.ts';
import { CanarySettings } from '#services/canary/settings.ts';
import { SpoolSettings } from '#worker/spool/settings.ts';
import { key } from './key.ts';
import type { KeyMeta } from './key.ts';
import { recurring } from './recurring.ts';
import { tracing } from './tracing.ts';
import { isRedisUrl, REDIS_URL_FORMS } from '#stores/redis/url.ts';

const days = (count: number) => z.number().int().min(1).max(3650).default(count);

const port = z.number().int().min(0).max(65_535);

const listening = {
  port: key(port.default(8080), 'TCP port of the web pages and the API; 0 takes a free one'),
  host: key(z.string().min(1).default('127.0.0.1'), 'Address to listen on; `0.0.0.0` or `::` for every interface'),
  tls: key(
    z
      .strictObject({
        cert: key(z.string().min(1).optional(), 'File with the certificate chain (PEM); with it SOTP speaks HTTPS'),
        key: key(z.string().min(1).optional(), 'File with the private key of the certificate (PEM)'),
      })
      .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), 'needs both cert and key, or neither')
      .prefault({}),
    'TLS',
  ),
  trustedProxies: key(
    z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], 'an IP address or a CIDR range')).default([]),
    'Proxies whose `X-Forwarded-*` headers are believed: addresses or CIDR ranges',
  ),
  publicUrl: key(
    z.url({ protocol: /^https?$/ }).optional(),
    'Address under which browsers reach SOTP, when a proxy stands in front; used in links',
    { defaultText: 'made from host and port' },
  ),
};

const data = {
  dataDir: key(z.string().min(1).default('./data'), 'Directory of the database, the key file and the spool'),
  databaseUrl: key(
    z.url({ protocol: /^postgres(ql)?$/, error: 'a URL like postgresql://user:password@host:5432/sotp' }).optional(),
    'PostgreSQL 15 or newer to use instead of the embedded one: `postgresql://user:password@host:5432/sotp`',
    { secret: true, defaultText: 'embedded PostgreSQL' },
  ),
  secretKey: key(
    z.string().min(1).optional(),
    'Content of the key file `secret.key`, instead of that file in the data directory',
    { secret: true, defaultText: 'the key file' },
  ),
  redisUrl: key(
    z
      .string()
      .refine(isRedisUrl, { error: `a URL of Redis: ${REDIS_URL_FORMS}` })
      .optional(),
    'Redis to carry the task queue, sessions and live news: `redis://user:password@host:6379/0`, `rediss://` with TLS, ' +
      '`redis+sentinel://host:26379,host:26379/group`, `redis+cluster://host:6379,host:6379`; behind a `?` may stand ' +
      '`ca=`, `cert=`, `key=` (files, PEM), `servername=`, `sentinelPassword=`, `prefix=` (default `sotp`)',
    { secret: true, defaultText: 'PostgreSQL does it' },
  ),
  retention: key(
    z
      .strictObject({
        rawDays: key(days(30), 'Days for which every sample is kept'),
        fiveMinuteDays: key(days(365), 'Days for which 5-minute roll-ups are kept, and at least as long as samples'),
        hourDays: key(
          days(1_825),
          'Days for which 1-hour roll-ups are kept, and at least as long as those of 5 minutes',
        ),
        errorLogDays: key(days(365), 'Days for which log lines of severity error and worse are kept'),
        noticeLogDays: key(days(90), 'Days for which log lines of severity warning and notice are kept'),
        infoLogDays: key(days(30), 'Days for which informational log lines are kept'),
        debugLogDays: key(days(7), 'Days for which debug log lines are kept'),
      })
      .prefault({}),
    'Retention',
  ),
};

const metricStore = {
  metrics: key(
    z.enum(['auto', 'packed', 'timescale']).default('auto'),
    'Where time series are kept: in TimescaleDB where the PostgreSQL server has it (`auto`), always packed in plain ' +
      'PostgreSQL, or always in TimescaleDB',
  ),
};

const logStore = {
  logs: key(
    z.enum(['postgres', 'loki']).default('postgres'),
    'Where log lines are kept: in PostgreSQL, or in the Loki of `loki.url`, which then also keeps their retention',
  ),
  loki: key(
    z
      .strictObject({
        url: key(
          z.url({ protocol: /^https?$/, error: 'a URL like http://localhost:3100' }).optional(),
          'Loki 3 or newer, for `logs: loki`',
        ),
        tenant: key(z.string().min(1).max(150).optional(), 'Tenant, for a Loki with several (`X-Scope-OrgID`)'),
        username: key(z.string().min(1).max(255).optional(), 'Name, for a Loki behind basic authentication'),
        password: key(z.string().max(1_000).optional(), 'Password that goes with the name', { secret: true }),
      })
      .prefault({}),
    'Loki',
  ),
};

const processes = {
  roles: key(
    z
      .array(z.enum(['hub', 'collector']))
      .min(1)
      .default(['hub', 'collector']),
    'What this machine does: `hub` (pages, API, scheduler), `collector` (asks devices), or both',
  ),
  collectors: key(
    z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(() => Math.max(1, Math.min(8, availableParallelism()))),
    'Number of collector processes',
    { defaultText: 'one a core, at most 8' },
  ),
  partitions: key(
    z.number().int().min(1).max(256).optional(),
    'Parts into which the devices are divided among collector processes; what the hub says counts on every machine',
    { defaultText: 'two for each of `collectors`, at least 4' },
  ),
  sites: key(
    z.array(z.string().trim().min(1).max(200)).max(50).default([]),
    'Sites to whose devices the collectors of this machine are pinned: they poll only these, and nobody else does',
  ),
  machine: key(z.string().trim().min(1).max(100).default(hostname), 'Name of this machine in the list of collectors', {
    defaultText: 'host name',
  }),
  demo: key(z.number().int().min(0).max(250).default(0), 'Number of simulated devices to add; 0 for none'),
};

const access = {
  adminPassword: key(
    z.string().min(8, 'at least 8 characters').max(256).optional(),
    'Password of user `admin` at the first start; without it a one-time set-up link is printed',
    { secret: true, defaultText: 'none: set-up link' },
  ),
};

const knowledge = {
  profiles: key(
    z
      .strictObject({
        folders: key(
          z.array(z.string().min(1)).max(50).default([]),
          'Folders of your own device profiles, or of other projects’; files are read anew when they change',
        ),
      })
      .prefault({}),
    'Device profiles',
  ),
};

const spool = { spool: SpoolSettings.prefault({}) };

const listeners = {
  syslog: SyslogSettings.prefault({}),
  traps: TrapSettings.prefault({}),
  mibs: MibSettings.prefault({}),
};

const logging = {
  logLevel: key(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
    'The least severe log entries that are written',
  ),
  logFormat: key(
    z.enum(['pretty', 'json']).default(() => (process.stderr.isTTY ? 'pretty' : 'json')),
    'Log lines for people (`pretty`) or for machines (`json`)',
    { defaultText: '`pretty` on a terminal, else `json`' },
  ),
};

/** Every key that SOTP knows. Strict: a key that is not here is an error. */
export const Config = z
  .strictObject({
    ...listening,
    ...data,
    ...metricStore,
    ...logStore,
    ...processes,
    ...knowledge,
    ...spool,
    ...listeners,
    ...recurring,
    alerting: AlertingSettings.prefault({}),
    canary: CanarySettings.prefault({}),
    heartbeat: HeartbeatSettings.prefault({}),
    ...access,
    ...tracing,
    ...logging,
  })
  .refine(({ logs, loki }) => logs !== 'loki' || loki.url !== undefined, {
    path: ['loki', 'url'],
    error: 'needed for logs: loki',
  });
export type Config = z.infer<typeof Config>;
/** As roles have it: all machines have agreed on the partitions. */
export type RoleConfig = Config & { readonly partitions: number };

/** What can be a value of a single key; lists are given in environment variables with commas. */
export type KeyKind = 'number' | 'text' | 'list';

/** A key that holds a value, by its path: `tls.cert`. */
export interface ConfigKey extends KeyMeta {
  readonly path: string;
  /** The environment variable: `SOTP_TLS_CERT`. */
  readonly env: string;
  readonly kind: KeyKind;
  /** As it stands in the reference; `defaultText` where the machine decides. */
  readonly defaultValue: unknown;
  /** The words that are allowed, when only some are. */
  readonly choices: readonly string[];
}

function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner;
}

function kindOf(schema: z.core.$ZodType): KeyKind {
  if (schema instanceof z.ZodNumber) return 'number';
  return schema instanceof z.ZodArray ? 'list' : 'text';
}

function choicesOf(schema: z.core.$ZodType): string[] {
  const item = schema instanceof z.ZodArray ? schema.element : schema;
  return item instanceof z.ZodEnum ? item.options.map(String) : [];
}

function collect(shape: Record<string, z.core.$ZodType>, prefix: string): ConfigKey[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const path = prefix + name;
    const inner = innermost(schema);
    if (inner instanceof z.ZodObject) return collect(inner.shape, `${path}.`);
    const meta = z.globalRegistry.get(schema) as KeyMeta | undefined;
    if (meta === undefined) throw new Error(`configuration key ${path} has no description`);
    const env = `SOTP_${path.replaceAll('.', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase();
    const defaultValue = schema instanceof z.ZodDefault ? schema.parse(undefined) : undefined;
    const { about, secret, defaultText, standardEnv } = meta;
    return [
      {
        path,
        env,
        kind: kindOf(inner),
        defaultValue,
        choices: choicesOf(inner),
        about,
        secret,
        defaultText,
        standardEnv,
      },
    ];
  });
}

/** All keys in the order of the reference. */
export const configKeys: readonly ConfigKey[] = collect(Config.shape, '');
