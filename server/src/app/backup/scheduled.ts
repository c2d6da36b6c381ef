import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '#app/config/load.ts';
import type { RecurringJob } from '#services/fleet/recurring.ts';
import { writeBackup } from './backup.ts';

const NAME = /^sotp-\d{4}-\d{2}-\d{2}T\d{6}\.backup$/;

/** Backups by the clock, as configured; none when no schedule is set. The oldest go when there are more than are kept. */
export function scheduledBackups(config: Config, databaseUrl: string, now: () => number): RecurringJob[] {
  const { schedule, keep } = config.backup;
  if (schedule === undefined) return [];
  const dir = config.backup.dir === undefined ? join(config.dataDir, 'backups') : resolve(config.backup.dir);
  return [
    {
      kind: 'backup',
      title: 'Backup',
      cron: schedule,
      async run() {
        mkdirSync(dir, { recursive: true, mode: 0o700 });
        const stamp = new Date(now()).toISOString().slice(0, 19).replaceAll(':', '');
        const summary = await writeBackup({ databaseUrl, file: join(dir, `sotp-${stamp}.backup`) });
        const old = readdirSync(dir)
          .filter((name) => NAME.test(name))
          .toSorted()
          .slice(0, -keep);
        for (const name of old) rmSync(join(dir, name), { force: true });
        return { ...summary, removed: old.length };
      },
    },
  ];
}
