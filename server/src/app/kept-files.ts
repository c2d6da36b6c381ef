import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** `sotp-2026-11-23T073000`: what files that work by the clock leaves are called. Ordered as the instants (UTC) are. */
export const keptName = (at: number) => `sotp-${new Date(at).toISOString().slice(0, 19).replaceAll(':', '')}`;

const NAME = /^(sotp-\d{4}-\d{2}-\d{2}T\d{6})\.(.+)$/;

/** Removes what the oldest runs left, files of these endings, until there are no more than `keep` runs; answers how many went. */
export function keepNewest(dir: string, endings: readonly string[], keep: number): number {
  const byRun = new Map<string, string[]>();
  for (const name of readdirSync(dir)) {
    const [, run, ending] = NAME.exec(name) ?? [];
    if (run === undefined || !endings.includes(ending ?? '')) continue;
    byRun.set(run, [...(byRun.get(run) ?? []), name]);
  }
  const old = [...byRun].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, -keep);
  for (const name of old.flatMap(([, names]) => names)) rmSync(join(dir, name), { force: true });
  return old.length;
}
