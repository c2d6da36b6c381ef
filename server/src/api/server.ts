import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import Fastify, { LogController } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { createLoopDelay } from '#platform/loop-delay.ts';
import type { Log } from '#platform/log.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { Access } from '#services/access/access.ts';
import type { Alerting } from '#services/alerting/alerting.ts';
import type { BlindSpots } from '#services/fleet/blind-spots.ts';
import type { FleetOverview } from '#services/fleet/overview.ts';
import type { InventoryServices } from '#services/inventory/inventory.ts';
import type { CountedQueries } from '#services/logs/counted-queries.ts';
import type { Logs } from '#services/logs/logs.ts';
import type { Reports } from '#services/reporting/reports.ts';
import type { Telemetry } from '#services/telemetry/queries.ts';
import type { LiveFeed } from '#services/telemetry/stream.ts';
import { alertRoutes } from '#api/routes/alerts.ts';
import { auditRoutes } from '#api/routes/audit.ts';
import { authRoutes } from '#api/routes/auth.ts';
import { blindSpotRoutes } from '#api/routes/blind-spots.ts';
import { collectorRoutes } from '#api/routes/collectors.ts';
import { credentialSetRoutes } from '#api/routes/credential-sets.ts';
import { credentialRoutes } from '#api/routes/credentials.ts';
import { API_CSP } from './csp.ts';
import { deviceRoutes } from '#api/routes/devices.ts';
import { addDocsPage, addOpenApi } from './docs.ts';
import { handleError } from './errors.ts';
import { fleetRoutes } from '#api/routes/fleet.ts';
import { addGuard } from './guard.ts';
import { addHealth } from './health.ts';
import type { SelfDeps } from './health.ts';
import { logQueryRoutes } from '#api/routes/log-queries.ts';
import { logRoutes } from '#api/routes/logs.ts';
import { metricRoutes } from '#api/routes/metrics.ts';
import { profileRoutes } from '#api/routes/profiles.ts';
import { refuseBadText } from './bad-text.ts';
import { reportRoutes } from '#api/routes/reports.ts';
import { noteRoutes, requireAccessRules } from './route.ts';
import { addStream, addUpgrades } from '#api/live/stream.ts';
import { taskRoutes } from '#api/routes/tasks.ts';
import { traceRequests } from './tracing.ts';
import { tokenRoutes } from '#api/routes/tokens.ts';
import { userRoutes } from '#api/routes/users.ts';

export interface ApiOptions {
  readonly version: string;
  /** Addresses and CIDR ranges of proxies whose forwarded headers are believed; never everybody. */
  readonly trustedProxies: readonly string[];
  /** Where browsers reach SOTP, when that is not where it listens. */
  readonly publicUrl?: string | undefined;
  /** Requests that one address may make in a minute; 6,000 when left out. */
  readonly requestsPerMinute?: number;
  /** How late the event loop may be, ms, before requests are answered with 503; 3,000 when left out, never with 0. */
  readonly eventLoopDelayMaxMs?: number;
  /** PEM; with it the server speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

export interface ApiDeps {
  options: ApiOptions;
  access: Access;
  inventory: InventoryServices;
  telemetry: Telemetry;
  logs: Logs;
  countedQueries: CountedQueries;
  fleet: FleetOverview;
  blindSpots: BlindSpots;
  reports: Reports;
  alerting: Pick<Alerting, 'alerts' | 'channels'>;
  live: LiveFeed;
  /** What this hub and all other processes count, for /metrics; and why it is not ready. */
  self: SelfDeps;
  tracing?: Tracing | undefined;
  log: Log;
}

const BODY_BYTES_MAX = 1024 * 1024;
/** A hub whose event loop is this late answers 503 rather than later still. */
const EVENT_LOOP_DELAY_MAX_MS = 3_000;

/** For so long after a hold-up that was too long. */
const HOLD_UP_COUNTS_MS = 1_000;

/** `maxMs` 0: never. The plugin for this wakes an idle hub a hundred times a second. */
async function refuseWhenLate(api: FastifyInstance, maxMs: number): Promise<void> {
  if (maxMs <= 0) return;
  const loopDelay = createLoopDelay(systemClock);
  await loopDelay.start();
  api.addHook('onClose', () => loopDelay.stop());
  api.addHook('onRequest', async () => {
    if (loopDelay.worstSince(systemClock.monotonic() - HOLD_UP_COUNTS_MS) <= maxMs) return;
    throw new AppError('overloaded', 'SOTP has more to do than it can at this moment: try again soon.', {
      retryable: true,
    });
  });
}

async function addProtection(api: FastifyInstance, options: ApiOptions): Promise<void> {
  // The policy itself is set below, so that a page among the routes can bring its own.
  await api.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false });
  api.addHook('onRequest', async (request, reply) => {
    reply.header('content-security-policy', API_CSP);
    reply.header('cache-control', 'no-store');
    if (request.protocol === 'https') reply.header('strict-transport-security', 'max-age=31536000');
  });
  await refuseWhenLate(api, options.eventLoopDelayMaxMs ?? EVENT_LOOP_DELAY_MAX_MS);
  await api.register(rateLimit, {
    max: options.requestsPerMinute ?? 6_000,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError('rate_limited', `Too many requests from your address: wait ${Math.ceil(ttl / 1000)} s.`, {
        retryable: true,
        details: { retryAfterSeconds: Math.ceil(ttl / 1000) },
      }),
  });
  await api.register(compress, { encodings: ['gzip'], threshold: 2_048 });
}

/** The API below /api/v1: everything in its own scope, so that pages beside it are not touched. */
async function addApi(api: FastifyInstance, deps: ApiDeps): Promise<void> {
  const { access, inventory, options } = deps;
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(serializerCompiler);
  api.setErrorHandler(handleError);
  // Only what routes name is parsed; a form or a text that a foreign page can send without asking is not among it.
  api.removeContentTypeParser('text/plain');
  api.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  await addProtection(api, options);
  refuseBadText(api);
  addGuard(api, { access, publicUrl: options.publicUrl });
  await addOpenApi(api, options.version);
  const secureCookie = options.publicUrl?.startsWith('https:') ?? false;
  const routes = [
    ...authRoutes({ access, secureCookie }),
    ...userRoutes(access.users),
    ...tokenRoutes(access.tokens),
    ...credentialRoutes(inventory.credentials, inventory.credentialUse),
    ...credentialSetRoutes(inventory.credentialSets),
    ...deviceRoutes(inventory),
    ...collectorRoutes(inventory.catalog),
    ...profileRoutes(inventory.profiles),
    ...taskRoutes(inventory.tasks),
    ...fleetRoutes(deps.fleet, access.audit),
    ...blindSpotRoutes(deps.blindSpots),
    ...alertRoutes(deps.alerting.alerts, deps.alerting.channels),
    ...metricRoutes(deps.telemetry),
    ...reportRoutes(deps.reports),
    ...logRoutes(deps.logs),
    ...logQueryRoutes(deps.countedQueries),
    ...auditRoutes(access.audit),
  ];
  for (const one of routes) one.bind(api);
  addStream(api, { access, live: deps.live, log: deps.log });
  await addDocsPage(api);
  // Pages beside the API take every address that nobody else takes; below /api/v1 this is the last word.
  api.all('/*', { config: { access: 'public' }, schema: { hide: true } }, (request) => {
    throw new AppError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}; see /api/v1/docs.`);
  });
}

/** The gateway: the API, health and self-metrics on one Fastify that does not listen yet. Pages may be added beside. */
export async function createApi(deps: ApiDeps): Promise<FastifyInstance> {
  const { options, log } = deps;
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    // What is refused before there is a route: an address that is no UTF-8, a parameter too long.
    frameworkErrors: handleError,
    routerOptions: { maxParamLength: 200 },
    ...(options.tls ? { https: { ...options.tls } } : {}),
  }) as unknown as FastifyInstance;
  noteRoutes(app);
  requireAccessRules(app, '/api/');
  app.setErrorHandler(handleError);
  await addUpgrades(app, log);
  if (deps.tracing) traceRequests(app, deps.tracing, '/api/');
  await app.register(cookie);
  await addHealth(app, deps.self);
  await app.register((api) => addApi(api, deps), { prefix: '/api/v1' });
  return app;
}
