import type { ErrorCode } from '@sotp/contract/errors.ts';

export interface AppErrorOptions {
  cause?: unknown;
  /** True when the same call may succeed later without anyone changing anything. */
  retryable?: boolean;
  /** When to call again, where the other side has said so. */
  retryAfterMs?: number;
  /** Facts for the caller: field errors, limits; never a secret. */
  details?: unknown;
}

/** The one error type that SOTP throws on purpose: a code of the closed set and a sentence that names cause and remedy. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  readonly details: unknown;

  constructor(code: ErrorCode, sentence: string, options: AppErrorOptions = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.details = options.details;
  }
}

/** Anything thrown, as an AppError; what is not one becomes `internal` with the original as its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', message, { cause: thrown });
}
