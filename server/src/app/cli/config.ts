import type { RegisterCommand } from './context.ts';

/** `sotp config`: what is configured, and whether it is valid. */
export const registerConfig: RegisterCommand = (program, context) => {
  const group = program.command('config').description('check or show the configuration');
  group
    .command('check')
    .description('validate the configuration; status 1 and one line when it is not valid')
    .action(() => {
      context.config();
      context.print('The configuration is valid.');
    });
  group
    .command('print')
    .description('show what is in force, secrets masked')
    .option('--json', 'as one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { printableConfig } = await import('#app/config/print.ts');
      const values = printableConfig(context.config());
      if (options.json) return context.printJson(values);
      for (const [path, value] of Object.entries(values)) context.print(`${path}: ${JSON.stringify(value)}`);
    });
  group
    .command('reference', { hidden: true })
    .description('print docs/configuration.md')
    .action(async () => {
      const { configurationReference } = await import('#app/config/reference.ts');
      process.stdout.write(configurationReference());
    });
};
