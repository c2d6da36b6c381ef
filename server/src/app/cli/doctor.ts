import type { RegisterCommand } from './context.ts';

/** `sotp doctor`: checks this machine and says how to mend what is wrong. Status 1 when something is. */
export const registerDoctor: RegisterCommand = (program, context) => {
  program
    .command('doctor')
    .description('check this machine: ports, ICMP, database, clock, disk')
    .option('--data-dir <directory>', 'where the data is kept (./data)')
    .option('--json', 'one JSON line a check')
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { examine } = await import('#app/doctor/doctor.ts');
      const findings = await examine(context.config(options));
      for (const finding of findings) {
        if (options.json) context.printJson(finding);
        else context.print(`${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.check}: ${finding.message}`);
      }
      if (findings.some((finding) => !finding.ok)) process.exitCode = 1;
    });
};
