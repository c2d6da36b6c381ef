import { AppError } from '#platform/errors.ts';

/** One thing that is wrong with what was sent, and where: `collectors[0].settings.port`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A path of keys and indexes as people write it. */
export function fieldPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}

/** `validation_failed` with a sentence that names the first field, and all of them in `details.fields`. */
export function validationFailed(fields: readonly FieldError[], cause?: unknown): AppError {
  const [first] = fields;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
  const sentence = first
    ? `${first.path === '' ? 'body' : first.path}: ${first.message}${more}`
    : 'The input is invalid.';
  return new AppError('validation_failed', sentence, { cause, details: { fields } });
}
