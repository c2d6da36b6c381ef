import type { RegisterCommand } from './context.ts';

/** `sotp backup` and `sotp restore`. */
export const registerBackup: RegisterCommand = (program, context) => {
  program
    .command('backup')
    .description('write everything SOTP keeps into one file, while it runs or not')
    .argument('<file>', 'file to write')
    .option('--with-key', 'include the key of the stored secrets: then the file is as secret as they are')
    .option('--data-dir <directory>', 'where the data is kept (./data)')
    .option('--json', 'as one JSON object')
    .action(async (file: string, options: { withKey?: boolean; dataDir?: string; json?: boolean }) => {
      const { backUp } = await import('#app/backup/commands.ts');
      const summary = await backUp(context.config(options), file, options.withKey === true);
      if (options.json) return context.printJson(summary);
      context.print(`Wrote ${summary.tables} tables into ${summary.file} (${(summary.bytes / 1e6).toFixed(1)} MB).`);
      if (!options.withKey) context.note(`Secrets in it are sealed: keep ${summary.keyFile} in another safe place.`);
    });
  program
    .command('restore')
    .description('replace what the database holds by a backup; SOTP must not run')
    .argument('<file>', 'file that "sotp backup" wrote')
    .option('--force', 'also when the database holds devices or users')
    .option('--data-dir <directory>', 'where the data is kept (./data)')
    .option('--json', 'as one JSON object')
    .action(async (file: string, options: { force?: boolean; dataDir?: string; json?: boolean }) => {
      const { restore } = await import('#app/backup/commands.ts');
      const summary = await restore(context.config(options), file, options.force === true);
      if (options.json) return context.printJson(summary);
      context.print(`Restored ${summary.tables} tables as of ${summary.at}.`);
      if (!summary.keyFits) {
        context.note(
          `The secrets in it need the key file they were sealed with: put it at ${summary.keyFile} before you start SOTP.`,
        );
      }
    });
};
