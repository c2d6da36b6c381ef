import type { DeviceStatus } from '@sotp/contract/devices.ts';
import { fewDevices } from '#features/devices/queries.ts';
import type { Api } from '#lib/api.ts';

/** The statuses that somebody should look at, worst first. */
export const WRONG: readonly DeviceStatus[] = ['down', 'degraded', 'unknown'];

export function wrongQuery(api: Api, status: DeviceStatus) {
  return fewDevices(api, { status, limit: 25 });
}

export function newestQuery(api: Api) {
  return fewDevices(api, { sort: 'createdAt', order: 'desc', limit: 8 });
}
