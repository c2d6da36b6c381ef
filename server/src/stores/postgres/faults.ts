import { AppError } from '#platform/errors.ts';

/** Where the database is, for sentences: never with the password. */
export function describeDatabase(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl);
    const database = url.pathname.slice(1) || 'postgres';
    return `${database} at ${url.hostname || 'the local socket'}${url.port ? `:${url.port}` : ''}`;
  } catch {
    return 'the configured database';
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  // A connect to several addresses of one name fails with an AggregateError; the first one speaks for all.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);

/** What `pg` says, without a code, when a connection is gone or does not answer. */
const LOST =
  /connection terminated|connection ended|not queryable|timeout exceeded when trying to connect|query read timeout|client was closed|cannot use a pool after calling end/i;

/** SQLSTATE classes and codes after which the connection, not the statement, is to blame (PostgreSQL appendix A). */
const LOST_STATES = /^(08|57P0[1-5]|53300|25P03)/;

/** True when the fault is the connection's: it must not go back to the pool. */
export function isConnectionFault(error: unknown): boolean {
  const code = codeOf(error);
  if (NETWORK_CODES.has(code) || LOST_STATES.test(code)) return true;
  return error instanceof Error && code === '' && LOST.test(error.message);
}

/** A serialization failure, a deadlock, a lock that was not to be had. */
const CONFLICTS = new Set(['40001', '40P01', '55P03']);

/** True when the transaction stood in another one's way, or that in its: begun anew it may get through. */
export function isConflict(error: unknown): boolean {
  return CONFLICTS.has(codeOf(error instanceof AppError ? error.cause : error));
}

/**
 * A fault of the connection or of the server as an AppError with a sentence; everything else (a violated constraint,
 * a bug in SQL) as it came, for the store to judge.
 */
export function toDatabaseFault(error: unknown, database: string): unknown {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const fault = (sentence: string, retryable = true) =>
    new AppError('database_unavailable', sentence, { cause: error, retryable });
  if (code === 'ECONNREFUSED') return fault(`PostgreSQL does not listen for ${database}: is it running?`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return fault(`The host name of ${database} cannot be resolved.`);
  if (code === '28P01' || code === '28000') {
    return fault(`PostgreSQL refuses the user or password given for ${database}: check the database URL.`, false);
  }
  if (code === '3D000') return fault(`PostgreSQL knows no database ${database}: create it.`, false);
  if (code === '53300') return fault(`PostgreSQL has no connection left for ${database}: raise max_connections.`);
  if (code === '57P03') return fault(`PostgreSQL is starting up or shutting down: ${database}.`);
  if (code === '53100') {
    return new AppError('disk_full', `The disk of ${database} is full: make room.`, { cause: error, retryable: true });
  }
  if (CONFLICTS.has(code)) {
    return fault(`A transaction waited in vain for another one in ${database}; it can be tried again.`);
  }
  if (code === '57014') {
    return new AppError('deadline_exceeded', `A query took longer than allowed in ${database}.`, {
      cause: error,
      retryable: true,
    });
  }
  if (isConnectionFault(error)) return fault(`The connection to ${database} is lost or does not answer.`);
  return error;
}

/** True when a unique or exclusion constraint (of that name, when given) refused the row. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false;
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint;
}

/** True when a foreign key refused the row: what it refers to is gone, or is still referred to. */
export function isForeignKeyViolation(error: unknown): boolean {
  // 23001 is what PostgreSQL 18 says where older ones say 23503.
  return codeOf(error) === '23503' || codeOf(error) === '23001';
}

/** True when there is no partition for the row. */
export function isMissingPartition(error: unknown): boolean {
  return codeOf(error) === '23514' && error instanceof Error && error.message.includes('no partition');
}
