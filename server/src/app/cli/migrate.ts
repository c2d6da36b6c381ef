import type { RegisterCommand } from './context.ts';

/** `sotp migrate`: brings the database's schema up to date, with SOTP running or not. */
export const registerMigrate: RegisterCommand = (program, context) => {
  program
    .command('migrate')
    .description("bring the database's schema up to date")
    .option('--data-dir <directory>', 'where the data is kept (./data)')
    .option('--json', 'as one JSON object')
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { migrateDatabase, withDatabase } = await import('#app/database.ts');
      const { silentLog } = await import('#platform/log.ts');
      const applied = await withDatabase(context.config(options), (databaseUrl) =>
        migrateDatabase(databaseUrl, silentLog),
      );
      if (options.json) return context.printJson({ applied });
      context.print(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`);
    });
};
