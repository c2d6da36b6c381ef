import type { SeriesKind } from '@sotp/contract/metrics.ts';
import type { Catalogue } from './catalogue.ts';
import type { KnownLayout } from './rollup.ts';

const LAYOUTS_KEPT = 200_000;

/**
 * Layouts of devices with the kinds of their series, which are asked for once. Devices of one shape share them: kept as the
 * database gives them, a text for each series of each device, those of ten thousand switches were 170 MB.
 */
export function createKnownLayouts(catalogue: Pick<Catalogue, 'layoutsOf' | 'kindsOf'>) {
  const kinds = new Map<number, readonly SeriesKind[]>();
  const shared = new Map<string, readonly SeriesKind[]>();

  function share(own: readonly SeriesKind[]): readonly SeriesKind[] {
    const key = own.join();
    const known = shared.get(key);
    if (known) return known;
    shared.set(key, own);
    return own;
  }

  return {
    async of(deviceIds: readonly number[]): Promise<KnownLayout[]> {
      const layouts = await catalogue.layoutsOf(deviceIds);
      const unknown = layouts.filter((layout) => !kinds.has(layout.id));
      if (unknown.length > 0) {
        if (kinds.size > LAYOUTS_KEPT) {
          kinds.clear();
          shared.clear();
        }
        const byId = await catalogue.kindsOf([...new Set(unknown.map((layout) => layout.deviceId))]);
        for (const layout of unknown) kinds.set(layout.id, share(layout.series.map((id) => byId.get(id) ?? 'gauge')));
      }
      return layouts.map((layout) => ({ ...layout, kinds: kinds.get(layout.id) ?? [] }));
    },
  };
}
