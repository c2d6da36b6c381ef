import { Report, REPORT_DAYS_MAX } from '@sotp/contract/reports.ts';
import { Option } from 'commander';
import type { Command } from 'commander';
import { connect, withDataDir } from './connect.ts';
import type { RegisterCommand } from './context.ts';

const FORMATS = ['text', 'html', 'json'] as const;
/** A year's hours of ten thousand devices are read in less. */
const TIMEOUT_MS = 15 * 60_000;

interface ReportOptions {
  readonly days: string;
  readonly format: (typeof FORMATS)[number];
}

/** `sotp report`: what the hub makes of the last days, now. */
export const registerReport: RegisterCommand = (program, context) => {
  withDataDir(program.command('report'))
    .description('show how available devices were, what alerted, and what is not watched')
    .option('--days <number>', `days before now, at most ${REPORT_DAYS_MAX}`, '7')
    .addOption(new Option('--format <format>', 'how it is written').choices(FORMATS).default('text'))
    .action(async ({ days, format }: ReportOptions, command: Command) => {
      const api = await connect(command);
      const report = await api.call('GET', '/reports/now', Report, { query: { days }, timeoutMs: TIMEOUT_MS });
      if (format === 'json') return context.printJson(report);
      const { reportText } = await import('#services/reporting/text.ts');
      const { reportHtml } = await import('#services/reporting/html.ts');
      context.print((format === 'html' ? reportHtml(report) : reportText(report)).trimEnd());
    });
};
