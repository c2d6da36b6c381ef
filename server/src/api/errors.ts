import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { ErrorBody, ErrorCode } from '@sotp/contract/errors.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import { fieldPath, validationFailed } from '#services/inventory/fields.ts';

/** The one place where codes become HTTP statuses; `docs/errors.md` lists the same. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  validation_failed: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  unauthenticated: 401,
  invalid_credentials: 401,
  setup_required: 409,
  setup_link_invalid: 403,
  token_expired: 401,
  forbidden: 403,
  csrf_rejected: 403,
  not_found: 404,
  conflict: 409,
  duplicate_device: 409,
  rate_limited: 429,
  query_too_large: 400,
  database_unavailable: 503,
  database_schema_newer: 503,
  queue_unavailable: 503,
  no_collector: 503,
  cache_unavailable: 503,
  log_store_unavailable: 503,
  overloaded: 503,
  shutting_down: 503,
  not_ready: 503,
  config_invalid: 500,
  port_in_use: 500,
  data_dir_unwritable: 500,
  disk_full: 507,
  address_unresolvable: 400,
  no_route: 502,
  connection_refused: 502,
  no_answer: 504,
  deadline_exceeded: 504,
  icmp_not_permitted: 503,
  snmp_error: 502,
  snmp_walk_not_increasing: 502,
  snmp_walk_too_long: 502,
  snmp_malformed: 502,
  snmp_unknown_user: 502,
  snmp_wrong_digest: 502,
  snmp_wrong_privacy: 502,
  snmp_not_in_time_window: 502,
  snmp_unknown_context: 502,
  snmp_unknown_engine: 502,
  snmp_unsupported_security: 502,
  credential_missing: 409,
  secret_unavailable: 503,
  target_refused: 400,
  notification_failed: 502,
  api_unreachable: 502,
  internal: 500,
};

/** What Fastify itself refuses, as codes of ours. */
const FASTIFY_CODES: Readonly<Record<string, [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is too large: 1 MiB at most, 10 MiB for an import.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send JSON, with Content-Type: application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['bad_request', 'The body is empty; JSON is expected.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['bad_request', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad_request', 'The body is not as long as Content-Length says.'],
};

const PROTOTYPE_KEYS = 'The JSON has a key named __proto__ or constructor.prototype; such keys are not allowed.';

/** Zod's complaints as fields: an unknown key is named by its own path. */
function fieldsOf(error: { validation: readonly unknown[] }): { path: string; message: string }[] {
  return error.validation.flatMap((entry) => {
    const { instancePath, message, keyword, params } = entry as {
      instancePath: string;
      message: string;
      keyword: string;
      params?: { keys?: string[] };
    };
    const path = instancePath
      .split('/')
      .filter((part) => part !== '')
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    if (keyword !== 'unrecognized_keys' || !params?.keys) return [{ path: fieldPath(path), message }];
    return params.keys.map((key) => ({ path: fieldPath([...path, key]), message: 'is not a known field' }));
  });
}

/** Anything that was thrown while a request was served, as an AppError. */
export function toRequestError(thrown: FastifyError | Error): AppError {
  if (thrown instanceof AppError) return thrown;
  if (hasZodFastifySchemaValidationErrors(thrown)) return validationFailed(fieldsOf(thrown), thrown);
  if ('code' in thrown && typeof thrown.code === 'string') {
    const known = FASTIFY_CODES[thrown.code];
    if (known) return new AppError(known[0], known[1], { cause: thrown });
  }
  const status = 'statusCode' in thrown ? thrown.statusCode : undefined;
  if (thrown instanceof SyntaxError) {
    const forbidden = /forbidden prototype/i.test(thrown.message);
    return new AppError('bad_request', forbidden ? PROTOTYPE_KEYS : 'The body is not valid JSON.', { cause: thrown });
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new AppError('bad_request', thrown.message, { cause: thrown });
  }
  return toAppError(thrown);
}

/** The body of an error's answer. What is internal stays in the log, under the request's id. */
export function errorBody(error: AppError, requestId: string): ErrorBody {
  const { code } = error;
  if (code === 'internal') {
    const message = `Something failed inside SOTP. Its log says what, under request id ${requestId}.`;
    return { error: { code, message, details: { requestId } } };
  }
  return {
    error: { code, message: error.message, ...(error.details === undefined ? {} : { details: error.details }) },
  };
}

function retryAfter(error: AppError): number | undefined {
  const { details } = error;
  if (typeof details === 'object' && details !== null && 'retryAfterSeconds' in details) {
    return Number(details.retryAfterSeconds);
  }
  return HTTP_STATUS[error.code] === 503 && error.retryable ? 5 : undefined;
}

/** Fastify's error handler: maps, logs what an operator must know, answers. */
export function handleError(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const error = toRequestError(thrown);
  const status = HTTP_STATUS[error.code];
  if (error.code === 'internal') request.log.error({ err: error, reqId: request.id }, 'a request failed');
  else if (status >= 500) request.log.warn({ code: error.code, reqId: request.id }, error.message);
  const seconds = retryAfter(error);
  if (seconds !== undefined) reply.header('retry-after', String(seconds));
  reply.code(status).type('application/json; charset=utf-8').send(errorBody(error, request.id));
}
