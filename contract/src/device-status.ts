import { z } from 'zod';
import { ErrorCode } from './errors.ts';

export const DEVICE_STATUSES = ['up', 'degraded', 'down', 'unknown', 'maintenance', 'disabled'] as const;
export const DeviceStatus = z.enum(DEVICE_STATUSES);
export type DeviceStatus = z.infer<typeof DeviceStatus>;

/** Why a device is not watched, or why nobody can say how it is. */
export const BLIND_CODES = [
  'disabled',
  'maintenance',
  'no_collectors',
  'no_process',
  'site_unserved',
  'no_plan',
  'not_polled_yet',
  'late',
] as const;
/** The reason of a status for programs: of these, or the error that the last poll ended with. */
export const StatusCode = z.union([z.enum(BLIND_CODES), ErrorCode]);
export type StatusCode = z.infer<typeof StatusCode>;
