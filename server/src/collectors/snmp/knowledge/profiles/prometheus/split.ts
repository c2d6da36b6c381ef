/** A module of a Prometheus `snmp.yml`, with the text that defines it. */
export interface ModuleText {
  readonly name: string;
  readonly text: string;
  readonly linesBefore: number;
}

/** The first line of a module, without its indentation. */
const HEAD = /^(["']?)([\w.-]+)\1:[ \t]*(#.*)?$/;
const MODULES = /^modules:[ \t]*(#.*)?$/m;

/** A file of modules has the key `modules`, or, as older releases wrote it, modules at its top that `walk` or `get`. */
export function isModuleFile(text: string): boolean {
  if (MODULES.test(text)) return true;
  return (
    /^[\w-]+:[ \t]*\n(?: {2}[\w-]+:.*\n)*? {2}(?:walk|get):[ \t]*\n {2,4}- /m.test(text) && /^ {2}metrics:/m.test(text)
  );
}

/**
 * Cuts the file into its modules without parsing it, for it has megabytes and few of its modules are used. Each text is
 * YAML with the module under the key `modules`.
 */
export function modulesIn(text: string): ModuleText[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => MODULES.test(line));
  const indent =
    start === -1 ? '' : (/^ +/.exec(lines.slice(start + 1).find((line) => /^ +[\w-]/.test(line)) ?? '')?.[0] ?? '  ');
  const modules: ModuleText[] = [];
  let from = -1;
  let name = '';
  const close = (end: number): void => {
    if (from === -1 || name === 'auths') return;
    const body = lines.slice(from, end).map((line) => (indent === '' ? `  ${line}` : line));
    modules.push({ name, text: ['modules:', ...body, ''].join('\n'), linesBefore: from - 1 });
  };
  for (let i = start + 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const found = line.startsWith(indent) ? HEAD.exec(line.slice(indent.length)) : null;
    if (!found && !(indent !== '' && /^[\w-]/.test(line))) continue;
    close(i);
    from = found ? i : -1;
    name = found?.[2] ?? '';
    if (!found) break;
  }
  close(lines.length);
  return modules;
}
