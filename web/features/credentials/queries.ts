import { queryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

export function credentialList(api: Api) {
  return queryOptions({ queryKey: ['credentials'], queryFn: () => api.credentials.list() });
}
