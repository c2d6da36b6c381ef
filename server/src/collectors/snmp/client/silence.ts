import { createSocket } from 'node:dgram';
import { AppError } from '#platform/errors.ts';
import type { Endpoint, Outcome } from '#collectors/snmp/transport/transport.ts';

interface Asked {
  readonly endpoint: Endpoint;
  readonly timeoutLimitMs: number;
  readonly security: { readonly silence: string };
}

/** `10.1.2.3:161`, `[2001:db8::1]:161`. */
export function nameOf({ address, port, family }: Endpoint): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What to tell the operator when nothing came that could be taken as the answer. */
export function silenceError({ endpoint, timeoutLimitMs, security }: Asked, outcome: Outcome): AppError {
  const where = nameOf(endpoint);
  if (outcome.strangerAddress !== null) {
    return new AppError(
      'no_answer',
      `${where} was asked, but ${outcome.strangerAddress} answered, and such answers are not trusted. Use that address for the device, or make its agent answer from the address that was asked.`,
      { retryable: true },
    );
  }
  if (outcome.dropped === 'malformed' || outcome.dropped === 'content') {
    return new AppError(
      'snmp_malformed',
      `${where} answers, but not with a valid SNMP response to what was asked. Look for a firmware update of its agent, or whether something else listens on that port.`,
      { retryable: true },
    );
  }
  if (outcome.dropped === 'community' || outcome.dropped === 'version') {
    return new AppError('snmp_malformed', `${where} answers with another ${outcome.dropped} than it was asked with.`, {
      retryable: true,
    });
  }
  const seconds = Math.round(timeoutLimitMs / 100) / 10;
  const tries = `${outcome.attempts} ${outcome.attempts === 1 ? 'try' : 'tries'}`;
  return new AppError(
    'no_answer',
    `No answer from ${where} within ${seconds} s (${tries}). ${security.silence}, or a firewall drops ${endpoint.protocol === 'tcp' ? 'TCP' : 'UDP'} ${endpoint.port}: the two cannot be told apart.`,
    { retryable: true },
  );
}

const REFUSALS = new Map([
  ['ECONNREFUSED', 'connection_refused'],
  ['EHOSTUNREACH', 'no_route'],
  ['ENETUNREACH', 'no_route'],
  ['EHOSTDOWN', 'no_route'],
] as const) as ReadonlyMap<string, 'connection_refused' | 'no_route'>;

/**
 * Sends one datagram from a connected socket, to which alone the system reports what routers and the device say about
 * it (ICMP), and waits a little. Null when nobody objected, or when the signal came before it could be sent.
 */
export async function findRefusal(
  endpoint: Endpoint,
  datagram: Uint8Array,
  waitMs: number,
  signal: AbortSignal,
): Promise<AppError | null> {
  const socket = createSocket({ type: endpoint.family === 6 ? 'udp6' : 'udp4' });
  try {
    const code = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), waitMs);
      const settle = (result: string | null): void => {
        clearTimeout(timer);
        resolve(result);
      };
      socket.on('error', (error) => settle('code' in error ? String(error.code) : null));
      socket.on('message', () => settle(null));
      socket.connect(endpoint.port, endpoint.address, (error?: Error) => {
        if (error) settle('code' in error ? String(error.code) : null);
        else if (signal.aborted) settle(null);
        else socket.send(datagram, (failed) => failed && settle('code' in failed ? String(failed.code) : null));
      });
    });
    return code === null ? null : refusalError(endpoint, code);
  } finally {
    socket.close();
  }
}

function refusalError(endpoint: Endpoint, code: string): AppError | null {
  const where = nameOf(endpoint);
  const kind = REFUSALS.get(code);
  if (kind === 'connection_refused') {
    return new AppError(
      kind,
      `${where} refuses: the machine is there, but nothing listens on UDP port ${endpoint.port}. Start its SNMP agent or correct the port.`,
      { retryable: true },
    );
  }
  if (kind === 'no_route') {
    return new AppError(
      kind,
      `There is no route to ${where} (${code}): check the address, the routes and whether the device is on.`,
      {
        retryable: true,
      },
    );
  }
  return null;
}
