import { z } from 'zod';

export const DEVICE_STATUSES = ['up', 'degraded', 'down', 'unknown', 'maintenance', 'disabled'] as const;
export const DeviceStatus = z.enum(DEVICE_STATUSES);
export type DeviceStatus = z.infer<typeof DeviceStatus>;
