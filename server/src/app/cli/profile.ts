import { AppError } from '#platform/errors.ts';
import type { RegisterCommand } from './context.ts';

interface CoverageOptions {
  readonly port: number;
  readonly community: string;
  readonly profiles?: string[];
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `sotp profile`: are device profiles right, and what do they give on a device. */
export const registerProfile: RegisterCommand = (program, context) => {
  const group = program.command('profile').description('check device profiles, or see what they give on a device');

  group
    .command('check')
    .description('validate the profiles in a folder; status 1 when one is wrong')
    .argument('<folder>', 'folder of profiles: SOTP’s and Datadog’s format, or the Netdata and Kentik dialects')
    .option('--notes', 'also tell what of a foreign dialect is read past')
    .option('--json', 'one JSON object')
    .action(async (folder: string, options: { notes?: boolean; json?: boolean }) => {
      const { checkProfiles } = await import('./profile-check.ts');
      const { files, profiles, problems, notes } = await checkProfiles(folder);
      if (options.json) context.printJson({ files, profiles, problems, notes });
      else {
        for (const { file, line, message } of [...problems, ...(options.notes ? notes : [])]) {
          context.print(`${file}:${line}: ${message}`);
        }
        context.print(`${files} files, ${profiles} profiles, ${problems.length} problems, ${notes.length} notes`);
      }
      if (problems.length > 0) process.exitCode = 1;
    });

  group
    .command('draft')
    .description('make profiles of MIB files: what is a reading by its units, names and values; look them through')
    .argument('<folder...>', 'folders of MIB files')
    .option('--out <folder>', 'write a file a module there; one that is there already is left alone')
    .action(async (folders: string[], options: { out?: string }) => {
      const { draftProfiles, writeDrafts } = await import('./profile-draft.ts');
      const drafts = await draftProfiles(folders);
      const columns = drafts.reduce((sum, draft) => sum + draft.columns, 0);
      if (options.out === undefined) for (const { module, text } of drafts) context.print(`# ${module}\n${text}`);
      else context.note(`${writeDrafts(drafts, options.out)} of ${drafts.length} files written.`);
      context.note(
        `${drafts.length} profiles with ${columns} readings; sotp profile check and a look at a device come next.`,
      );
    });

  group
    .command('test')
    .description('replay the cases in a folder over UDP and compare the facts; status 1 when one differs')
    .argument('<folder>', 'a case, or a folder of cases: NAME/device.snmprec and NAME/expected.json')
    .option('--update', 'what is found is what is expected from now on')
    .option('--profiles <folder...>', 'folders of profiles to use besides those that SOTP brings along')
    .option('--json', 'one JSON object')
    .action(async (folder: string, options: { update?: boolean; profiles?: string[]; json?: boolean }) => {
      const { runCases } = await import('./case-run.ts');
      const results = await runCases(folder, options);
      const failed = results.filter(({ differences }) => differences.length > 0);
      if (options.json) context.printJson({ cases: results });
      else {
        for (const { name, differences } of failed) {
          for (const difference of differences) context.print(`${name || folder}: ${difference}`);
        }
        context.print(`${results.length} cases, ${failed.length} of them differ`);
      }
      if (failed.length > 0) process.exitCode = 1;
    });

  group
    .command('coverage')
    .description('which profiles fit a device and why, what they give, and what it offers beyond them')
    .argument('<address>', 'ADDRESS or ADDRESS:PORT')
    .option('--port <port>', 'UDP port of the agent', Number, 161)
    .option('--community <name>', 'SNMPv2c community', 'public')
    .option('--profiles <folder...>', 'folders of profiles to use besides those that SOTP brings along')
    .option('--all', 'also show profiles that fit and give nothing')
    .option('--json', 'one JSON object')
    .action(async (address: string, options: CoverageOptions) => {
      if (!(options.port > 0 && options.port < 65_536))
        throw new AppError('bad_request', 'The port must be 1 to 65535.');
      const { deviceCoverage } = await import('./profile-coverage.ts');
      const { formatTable } = await import('./table.ts');
      const coverage = await deviceCoverage(address, options);
      if (options.json) return context.printJson(coverage);
      const shown = coverage.profiles.filter((profile) => options.all || profile.rows > 0);
      const rows = shown.map((p) => [p.why, `${p.entries}/${p.ofEntries}`, String(p.rows), p.file]);
      for (const line of formatTable(['fits by', 'entries', 'rows', 'profile'], rows)) context.print(line);
      const { unknown } = coverage;
      context.print(
        unknown.length === 0
          ? 'Every enterprise tree that the device answers has a profile.'
          : `No profile speaks of enterprise ${unknown.join(', ')}, below which the device answers.`,
      );
    });
};
