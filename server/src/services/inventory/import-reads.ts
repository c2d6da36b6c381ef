import type { DraftDeps } from './draft.ts';

/** The same questions to the store, each asked once: the rows of an import share credentials, sets and the look for doubles. */
export async function readOnce<D extends DraftDeps>(deps: D, endpoints: readonly string[]): Promise<D> {
  const known = await deps.devices.byEndpoints(endpoints);
  const looked = new Set(endpoints);
  const credentials = new Map<number, ReturnType<D['credentials']['get']>>();
  let sets: ReturnType<D['sets']['list']> | undefined;
  return {
    ...deps,
    devices: {
      ...deps.devices,
      byEndpoint: async (endpoint: string) =>
        looked.has(endpoint) ? known.get(endpoint) : await deps.devices.byEndpoint(endpoint),
      getMany: async (ids: readonly number[]) => (ids.length === 0 ? [] : await deps.devices.getMany(ids)),
    },
    credentials: {
      ...deps.credentials,
      get(id: number) {
        const reading = credentials.get(id) ?? deps.credentials.get(id);
        credentials.set(id, reading as ReturnType<D['credentials']['get']>);
        return reading;
      },
    },
    sets: { ...deps.sets, list: () => (sets ??= deps.sets.list() as ReturnType<D['sets']['list']>) },
  };
}
