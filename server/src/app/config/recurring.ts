import { CronExpressionParser } from 'cron-parser';
import { z } from 'zod';
import { REPORT_DAYS_MAX } from '@sotp/contract/reports.ts';
import { key } from './key.ts';

function isCron(text: string): boolean {
  try {
    CronExpressionParser.parse(text);
    return text.trim().split(/\s+/).length === 5;
  } catch {
    return false;
  }
}

const cron = (example: string) => z.string().refine(isCron, `five fields of cron, like "${example}"`).optional();
const kept = (count: number) => z.number().int().min(1).max(1000).default(count);

/** Keys of the work that comes back by the clock. */
export const recurring = {
  backup: key(
    z
      .strictObject({
        schedule: key(
          cron('30 2 * * *'),
          'When a hub writes backups by itself: five fields of cron in local time, like `30 2 * * *`',
          { defaultText: 'never' },
        ),
        dir: key(z.string().min(1).optional(), 'Directory of these backups', { defaultText: '`backups` in dataDir' }),
        keep: key(kept(7), 'How many of them are kept'),
      })
      .prefault({}),
    'Backups',
  ),
  report: key(
    z
      .strictObject({
        schedule: key(
          cron('0 7 * * 1'),
          'When a hub makes a report: five fields of cron in local time, like `0 7 * * 1` (Mondays at seven)',
          { defaultText: 'never' },
        ),
        days: key(z.number().int().min(1).max(REPORT_DAYS_MAX).default(7), 'Days that a report tells of'),
        channels: key(
          z.array(z.string().trim().min(1).max(100)).max(50).default([]),
          'Names of the notification channels that it is sent to; it is kept in any case',
        ),
        dir: key(z.string().min(1).optional(), 'Directory of the reports', { defaultText: '`reports` in dataDir' }),
        keep: key(kept(12), 'How many of them are kept'),
      })
      .prefault({}),
    'Reports',
  ),
};
