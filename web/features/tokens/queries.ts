import { queryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

export function tokenList(api: Api) {
  return queryOptions({ queryKey: ['tokens'], queryFn: () => api.tokens.list() });
}
