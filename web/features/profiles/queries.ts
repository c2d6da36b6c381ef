import { queryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

/** The operator's profile folders; asked again while the page is open, for whoever edits a file looks at it. */
export function profileReport(api: Api) {
  return queryOptions({ queryKey: ['profiles'], queryFn: () => api.profiles.report(), refetchInterval: 5_000 });
}
