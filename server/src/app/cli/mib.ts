import type { MibNode } from '#protocols/mib/tree.ts';
import type { RegisterCommand } from './context.ts';

/** `sotp mib`: names of OIDs, and whether MIB files are right. */
export const registerMib: RegisterCommand = (program, context) => {
  const group = program.command('mib').description('find names of OIDs, or check MIB files');

  group
    .command('find')
    .description('what an OID is called, or which names hold a word')
    .argument('<word...>', 'an OID such as 1.3.6.1.2.1.2.2.1.8.5, a name, or words of one')
    .option('--folder <folder...>', 'folders of MIB files besides those of the configuration (mibs.folders)')
    .option('-n, --limit <count>', 'how many to show', Number, 20)
    .option('--json', 'one JSON object a line')
    .action(async (words: string[], options: { folder?: string[]; limit: number; json?: boolean }) => {
      const { findNames } = await import('./mib-run.ts');
      const folders = [...context.config().mibs.folders, ...(options.folder ?? [])];
      const { nodes, total, show } = await findNames(words.join(' '), folders, options.limit);
      for (const node of nodes) {
        if (options.json) context.printJson(show(node).json);
        else for (const line of show(node).lines) context.print(line);
      }
      if (total > nodes.length) context.note(`${total - nodes.length} more; -n shows more of them.`);
      if (total === 0) {
        context.note('Nothing is called so.');
        process.exitCode = 1;
      }
    });

  group
    .command('check')
    .description('read the MIB files of a folder; status 1 when something in them is wrong')
    .argument('<folder...>', 'folders of MIB files; modules of other folders are found when those are given too')
    .option('--json', 'one JSON object')
    .action(async (folders: string[], options: { json?: boolean }) => {
      const { checkMibs } = await import('./mib-run.ts');
      const { files, modules, definitions, notifications, problems } = await checkMibs(folders);
      if (options.json) context.printJson({ files, modules, definitions, notifications, problems });
      else {
        for (const { file, line, message } of problems) context.print(`${file}:${line}: ${message}`);
        const sums = `${files} files, ${modules} modules, ${definitions} definitions, ${notifications} notifications`;
        context.print(`${sums}, ${problems.length} problems`);
      }
      if (problems.length > 0) process.exitCode = 1;
    });
};

/** How one name is shown. */
export interface ShownNode {
  readonly json: Record<string, unknown>;
  readonly lines: readonly string[];
}

export type ShowNode = (node: MibNode) => ShownNode;
