import type { MibModule, MibProblem } from './ast.ts';
import { parseMib } from './parser.ts';
import { resolveSteps } from './resolve.ts';
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
  /** Of the files, without the standard ones. */
  readonly modules: readonly ResolvedModule[];
}

export interface LibraryOptions {
  /** Keeps descriptions, which take most of the memory. */
  readonly descriptions?: boolean;
}

/**
 * Puts files over the standard modules, a file and a module a step, so that a process with other work can pause in
 * between. A file with faults gives what of it can be read, and takes no other down.
 */
export function* librarySteps(
  standard: readonly ResolvedModule[],
  sources: Iterable<MibSource>,
  { descriptions = false }: LibraryOptions = {},
): Generator<void, MibLibrary, void> {
  const parsed: MibModule[] = [];
  const problems: MibProblem[] = [];
  let files = 0;
  for (const { file, text } of sources) {
    const one = parseMib(file, text);
    parsed.push(...one.modules);
    problems.push(...one.problems);
    files += 1;
    yield;
  }
  const resolution = yield* resolveSteps(parsed, standard, descriptions);
  problems.push(...resolution.problems);
  const byPlace = (a: MibProblem, b: MibProblem) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1);
  return {
    tree: createMibTree([...standard, ...resolution.modules]),
    problems: problems.toSorted(byPlace),
    files,
    modules: resolution.modules,
  };
}

/** All steps at once. */
export function buildLibrary(
  standard: readonly ResolvedModule[],
  sources: Iterable<MibSource>,
  options: LibraryOptions = {},
): MibLibrary {
  const steps = librarySteps(standard, sources, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
