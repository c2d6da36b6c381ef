import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSecureContext } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { Config } from '#app/config/load.ts';
import { listenFailure } from '#app/supervisor/checks.ts';
import { AppError } from '#platform/errors.ts';

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new AppError('config_invalid', `${what}: ${file} cannot be read (${code}): check the path and its mode`, {
      cause,
    });
  }
}

/** The certificate and its key, when configured; throws when they do not fit together. */
export function readTls(tls: Config['tls']): { cert: string; key: string } | undefined {
  if (tls.cert === undefined || tls.key === undefined) return undefined;
  const files = { cert: read(tls.cert, 'tls.cert'), key: read(tls.key, 'tls.key') };
  try {
    createSecureContext(files);
  } catch (cause) {
    throw new AppError(
      'config_invalid',
      `tls: ${tls.cert} and ${tls.key} are not a certificate (PEM) and the key that belongs to it`,
      { cause },
    );
  }
  return files;
}

function portOf(app: FastifyInstance | undefined): number {
  const address = app?.server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Where people reach this hub. */
export function baseUrl(app: FastifyInstance | undefined, config: Config): string {
  if (config.publicUrl !== undefined) return config.publicUrl.replace(/\/$/, '');
  const anywhere = config.host === '0.0.0.0' || config.host === '::';
  const host = anywhere ? 'localhost' : config.host.includes(':') ? `[${config.host}]` : config.host;
  return `${config.tls.cert === undefined ? 'http' : 'https'}://${host}:${portOf(app)}`;
}

/**
 * Opens the port, and a second one on loopback where the pages, rendered in this process, reach the API without TLS.
 * Answers what closes that one.
 */
export async function startListening(app: FastifyInstance, config: Config): Promise<() => Promise<void>> {
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (cause) {
    throw listenFailure(cause, config.host, config.port);
  }
  const plain = config.tls.cert === undefined;
  if (plain && ['127.0.0.1', '0.0.0.0', '::', 'localhost'].includes(config.host)) {
    process.env['SOTP_INTERNAL_URL'] = `http://127.0.0.1:${portOf(app)}`;
    return async () => undefined;
  }
  const internal = createServer((request, response) => app.routing(request, response));
  await new Promise<void>((resolve, reject) => internal.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = internal.address();
  process.env['SOTP_INTERNAL_URL'] = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return async () => {
    internal.closeAllConnections();
    await new Promise((resolve) => internal.close(resolve));
  };
}
