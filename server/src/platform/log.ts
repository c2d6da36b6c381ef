import { createRequire } from 'node:module';
import pino from 'pino';
import type { Logger } from 'pino';
import type { PinoPretty } from 'pino-pretty';

export type Log = Logger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What may never appear in a log, whichever object it hangs on. */
const SECRET_PATHS = [
  'community',
  'password',
  'secret',
  'token',
  'authKey',
  'privKey',
  'privateKey',
  'passphrase',
  'cookie',
  'authorization',
];

export interface LogOptions {
  level: LogLevel;
  /** `pretty` on a terminal, `json` for machines. */
  format: 'pretty' | 'json';
  /** The process's role, on every line. */
  role: string;
}

/** A logger that writes to stderr, one line an entry, with secrets redacted. */
export function createLog(options: LogOptions): Log {
  const redact = { paths: SECRET_PATHS.flatMap((path) => [path, `*.${path}`, `*.*.${path}`]), censor: '***' };
  const base = { role: options.role };
  if (options.format === 'json') {
    return pino({ level: options.level, base, redact, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  }
  // In this process and not in pino's worker thread: a thread costs 15 MB, and an operator reads few lines.
  const pretty: typeof PinoPretty = createRequire(import.meta.url)('pino-pretty');
  const stream = pretty({
    destination: 2,
    sync: true,
    ignore: 'pid,hostname,role',
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: '{role}: {msg}',
  });
  return pino({ level: options.level, base, redact }, stream);
}

/** A logger that says nothing; for tests and for construction. */
export const silentLog: Log = pino({ level: 'silent' });
