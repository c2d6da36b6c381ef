import type { MibModule, MibProblem } from './ast.ts';
import { parseMib } from './parser.ts';
import { resolveMibs } from './resolve.ts';
import { createMibTree } from './tree.ts';
import type { MibTree, ResolvedModule } from './tree.ts';

/** A file's text and its name in messages. */
export interface MibSource {
  readonly file: string;
  readonly text: string;
}

export interface MibLibrary {
  readonly tree: MibTree;
  readonly problems: readonly MibProblem[];
  readonly files: number;
  readonly modules: number;
}

/** Puts files over the standard modules. A file with faults gives what of it can be read, and takes no other down. */
export function buildLibrary(
  standard: readonly ResolvedModule[],
  sources: readonly MibSource[],
  options: { readonly descriptions?: boolean } = {},
): MibLibrary {
  const parsed: MibModule[] = [];
  const problems: MibProblem[] = [];
  for (const { file, text } of sources) {
    const one = parseMib(file, text);
    parsed.push(...one.modules);
    problems.push(...one.problems);
  }
  const resolution = resolveMibs(parsed, standard, options.descriptions ?? false);
  problems.push(...resolution.problems);
  const byPlace = (a: MibProblem, b: MibProblem) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1);
  return {
    tree: createMibTree([...standard, ...resolution.modules]),
    problems: problems.toSorted(byPlace),
    files: sources.length,
    modules: resolution.modules.length,
  };
}
