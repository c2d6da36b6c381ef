import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '#app/config/load.ts';
import { keepNewest, keptName } from '#app/kept-files.ts';
import type { RecurringJob } from '#services/fleet/recurring.ts';
import { writeBackup } from './backup.ts';

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
        const summary = await writeBackup({ databaseUrl, file: join(dir, `${keptName(now())}.backup`) });
        return { ...summary, removed: keepNewest(dir, ['backup'], keep) };
      },
    },
  ];
}
