import { queryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

export function userList(api: Api) {
  return queryOptions({ queryKey: ['users'], queryFn: () => api.users.list() });
}
