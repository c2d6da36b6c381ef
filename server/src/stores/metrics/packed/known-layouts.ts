import type { SeriesKind } from '@sotp/contract/metrics.ts';
import type { Catalogue } from './catalogue.ts';
import type { KnownLayout } from './rollup.ts';

const LAYOUTS_KEPT = 20_000;

/** Layouts of devices with the kinds of their series, which are asked for once. */
export function createKnownLayouts(catalogue: Catalogue) {
  const kinds = new Map<number, readonly SeriesKind[]>();
  return {
    async of(deviceIds: readonly number[]): Promise<KnownLayout[]> {
      const layouts = await catalogue.layoutsOf(deviceIds);
      const unknown = layouts.filter((layout) => !kinds.has(layout.id));
      if (unknown.length > 0) {
        if (kinds.size > LAYOUTS_KEPT) kinds.clear();
        const byId = await catalogue.kindsOf([...new Set(unknown.map((layout) => layout.deviceId))]);
        for (const layout of unknown)
          kinds.set(
            layout.id,
            layout.series.map((id) => byId.get(id) ?? 'gauge'),
          );
      }
      return layouts.map((layout) => ({ ...layout, kinds: kinds.get(layout.id) ?? [] }));
    },
  };
}
