import { z } from 'zod';

/**
 * Every error code that SOTP can answer with. A closed set: a code is added here, mapped to an HTTP status in
 * `server/src/api/errors.ts` and explained in `docs/errors.md`; a test holds the three together.
 */
export const ERROR_CODES = [
  'bad_request',
  'validation_failed',
  'body_too_large',
  'unsupported_media_type',
  'unauthenticated',
  'invalid_credentials',
  'setup_required',
  'setup_link_invalid',
  'token_expired',
  'forbidden',
  'csrf_rejected',
  'not_found',
  'conflict',
  'duplicate_device',
  'rate_limited',
  'query_too_large',
  'database_unavailable',
  'database_schema_newer',
  'queue_unavailable',
  'no_collector',
  'cache_unavailable',
  'log_store_unavailable',
  'overloaded',
  'shutting_down',
  'not_ready',
  'config_invalid',
  'port_in_use',
  'data_dir_unwritable',
  'disk_full',
  'address_unresolvable',
  'no_route',
  'connection_refused',
  'no_answer',
  'deadline_exceeded',
  'icmp_not_permitted',
  'snmp_error',
  'snmp_walk_not_increasing',
  'snmp_walk_too_long',
  'snmp_malformed',
  'snmp_unknown_user',
  'snmp_wrong_digest',
  'snmp_wrong_privacy',
  'snmp_not_in_time_window',
  'snmp_unknown_context',
  'snmp_unknown_engine',
  'snmp_unsupported_security',
  'credential_missing',
  'secret_unavailable',
  'target_refused',
  'notification_failed',
  'api_unreachable',
  'internal',
] as const;

export const ErrorCode = z.enum(ERROR_CODES);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** The body of every answer whose HTTP status is 400 or above. */
export const ErrorBody = z.object({
  error: z.object({
    code: ErrorCode,
    message: z.string(),
    details: z.unknown().optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
