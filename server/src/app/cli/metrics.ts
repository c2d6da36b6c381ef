import type { RegisterCommand } from './context.ts';

/**
 * `sotp metrics move`: brings time series that were packed before the server had TimescaleDB into it. `metrics reference`
 * prints the part of `docs/metrics.md` on what SOTP tells of itself.
 */
export const registerMetrics: RegisterCommand = (program, context) => {
  const metrics = program.command('metrics').description('the store of the time series');
  metrics
    .command('reference', { hidden: true })
    .description('print what SOTP tells of itself, as in docs/metrics.md')
    .action(async () => {
      const { figuresReference } = await import('#services/telemetry/figures.ts');
      context.print(figuresReference());
    });
  metrics
    .command('move')
    .description('move packed time series into TimescaleDB; SOTP may run meanwhile, and a move that is stopped goes on')
    .option('--data-dir <directory>', 'where the data is kept (./data)')
    .option('--json', 'as one JSON object')
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { withDatabase } = await import('#app/database.ts');
      const { moveMetrics } = await import('#app/metric-move.ts');
      const moved = await withDatabase(context.config(options), (databaseUrl) =>
        moveMetrics(databaseUrl, (days, day) => {
          if (!options.json)
            context.print(`${day.toISOString().slice(0, 10)} moved (${days} ${days === 1 ? 'day' : 'days'})`);
        }),
      );
      if (options.json) return context.printJson(moved);
      context.print(moved.days === 0 ? 'Nothing is packed: there is nothing to move.' : `Moved ${moved.days} days.`);
    });
};
