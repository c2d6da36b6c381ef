import { LogPage, SEVERITY_NAMES } from '@sotp/contract/logs.ts';
import type { LogEntry } from '@sotp/contract/logs.ts';
import { systemClock } from '#platform/clock.ts';
import type { ApiClient } from './api-client.ts';
import type { RegisterCommand } from './context.ts';
import { printable } from './table.ts';

interface LogsOptions {
  follow?: boolean;
  from?: string;
  to?: string;
  limit: string;
  json?: boolean;
}

const PAGE = 1_000;
/** Lines of one look while following; what is more is left out, and that is said. */
const FOLLOWED_MAX = 100_000;

/** `2026-11-23 10:00:00.123 core1 warning sshd[12]: text`, without anything that could talk to a terminal. */
export function formatLine({ at, host, sender, severity, app, procId, message }: LogEntry): string {
  const tag = app ? ` ${app}${procId ? `[${procId}]` : ''}:` : '';
  const time = at.replace('T', ' ').replace('Z', '');
  return printable(`${time} ${host ?? sender} ${SEVERITY_NAMES[severity]}${tag} ${message}`);
}

async function collect(api: ApiClient, query: Record<string, string>, limit: number): Promise<LogEntry[]> {
  const items: LogEntry[] = [];
  let cursor: string | undefined;
  do {
    const page: LogPage = await api.call('GET', '/logs', LogPage, {
      query: { ...query, limit: Math.min(PAGE, limit - items.length), cursor },
    });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < limit);
  return items;
}

/** `sotp logs [-f] QUERY`. */
export const registerLogs: RegisterCommand = (program, context) => {
  program
    .command('logs [query...]')
    .description('search what devices have said; with -f, follow it')
    .option('-f, --follow', 'go on with new lines as they come, until interrupted')
    .option('--from <instant>', 'RFC 3339, epoch ms, or like now-6h', 'now-24h')
    .option('--to <instant>', 'as --from', 'now')
    .option('-n, --limit <count>', 'the newest so many lines', '100')
    .option('--data-dir <dir>', 'data directory of the SOTP to ask')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nA query: words, "phrases", -not, field:value, severity>=warning, device:core*, /regex/, OR and ( ).\nPut it behind -- when it begins with a -, and into single quotes.',
    )
    .action(async (words: string[], options: LogsOptions & { dataDir?: string }) => {
      const { connectApi } = await import('./api-client.ts');
      const api = connectApi(process.env, options.dataDir ?? context.config().dataDir);
      const query = words.join(' ');
      const show = (line: LogEntry) => (options.json ? context.printJson(line) : context.print(formatLine(line)));
      const limit = Math.max(1, Number.parseInt(options.limit, 10) || 100);
      const askedAt = systemClock.monotonic();
      const asked = { query, from: options.from ?? 'now-24h' };
      const lines = await collect(api, { ...asked, to: options.to ?? 'now', direction: 'backward' }, limit);
      for (const line of lines.toReversed()) show(line);
      if (!options.follow) return;
      const { followLines } = await import('./logs-follow.ts');
      const floor = lines.length < limit ? '' : (lines.at(-1)?.receivedAt ?? '');
      await followLines(
        { ids: lines.map(({ id }) => id), askedAt, floor },
        {
          async ask(seconds) {
            const latest = { query, from: `now-${seconds}s`, to: 'now', direction: 'forward' };
            const news = await collect(api, latest, FOLLOWED_MAX);
            if (news.length >= FOLLOWED_MAX)
              context.note('More lines came than can be followed; some are left out here.');
            return news;
          },
          show,
          away: ({ message }) => context.note(`${message} Going on when it does.`),
          clock: systemClock,
        },
      );
    });
};
