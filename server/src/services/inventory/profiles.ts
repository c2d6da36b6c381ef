import type { ProfileReport } from '@sotp/contract/profiles.ts';
import type { CollectorCatalog } from './configure.ts';
import type { OpenCollectors } from './open-collectors.ts';

/** What the operator has added to what SOTP knows of devices. */
export interface Profiles {
  report(): Promise<ProfileReport>;
}

/** Asks the collectors of this process; those of other machines read their own folders and count in their metrics. */
export function createProfiles({ catalog, open }: { catalog: CollectorCatalog; open: OpenCollectors }): Profiles {
  return {
    async report() {
      for (const { name } of catalog) {
        // A collector that cannot be opened here (no right to ping) has no profiles either.
        const collector = await open.get(name).catch(() => null);
        const report = await collector?.knowledge?.();
        if (!report) continue;
        const folders = report.folders.map((folder) => ({
          ...folder,
          problems: [...folder.problems],
          notes: [...folder.notes],
        }));
        return { ...report, readAt: new Date(report.readAt).toISOString(), folders };
      }
      return { readAt: null, shipped: 0, folders: [] };
    },
  };
}
