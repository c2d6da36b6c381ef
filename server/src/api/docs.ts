import { createHash } from 'node:crypto';
import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';

const DESCRIPTION = `Everything that SOTP's pages do goes through this API.

Sign in with \`POST /auth/login\` (a cookie) or send an API token as \`Authorization: Bearer TOKEN\`. Lists answer
\`{items, nextCursor}\` and take \`limit\` and \`cursor\`. Errors answer \`{error: {code, message, details?}}\`.`;

/** Collects the OpenAPI 3.1 document from the schemas of the routes that are bound after this. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'SOTP', description: DESCRIPTION, version, license: { name: 'Apache-2.0' } },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'sotp_session' },
        },
      },
      security: [{ bearer: [] }, { session: [] }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: 'any' } }),
  });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger());
}

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

/** The policy of the readable page: its own bundle, and the inline scripts it was sent with, by their hashes. */
function pagePolicy(html: string): string {
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

const PAGE = {
  routePrefix: '/docs',
  configuration: {
    url: '/api/v1/openapi.json',
    withDefaultFonts: false,
    telemetry: false,
    hideClientButton: true,
    showDeveloperTools: 'never',
    agent: { disabled: true },
    mcp: { disabled: true },
    pageTitle: 'SOTP API',
  },
} as const;

/** A server that never listens and holds the reader's 5 MB bundle; made when somebody first opens the page. */
async function openReader(prefix: string): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const reader = Fastify();
  await reader.register(async (scope) => void (await scope.register(scalar, PAGE)), { prefix });
  await reader.ready();
  return reader;
}

/** The readable page at /docs: everything it needs comes from here, nothing from the network. */
export async function addDocsPage(app: FastifyInstance): Promise<void> {
  let reader: Promise<FastifyInstance> | undefined;
  for (const url of ['/docs', '/docs/', '/docs/js/scalar.js']) {
    app.get(url, { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
      const { statusCode, headers, body } = await (await (reader ??= openReader(app.prefix))).inject(request.url);
      for (const name of ['content-type', 'location'] as const) {
        const value = headers[name];
        if (value !== undefined) reply.header(name, value);
      }
      if (String(headers['content-type']).startsWith('text/html')) {
        reply.header('content-security-policy', pagePolicy(body));
      }
      return reply.code(statusCode).send(body);
    });
  }
}
