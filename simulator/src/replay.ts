import { readdir, readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createReplayAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { parseRecording } from './recording.ts';

const SUFFIX = '.snmprec';

/** A recording on disk and the agent that replays it. */
export interface Replay {
  /** File name without its suffix. */
  readonly name: string;
  readonly agent: Agent;
}

/** Agents for a recording or for all in a folder, in the order of their names. A recording is read when it is first asked for. */
export async function openRecordings(source: { file: string } | { folder: string }): Promise<Replay[]> {
  if ('file' in source) {
    const recording = parseRecording(await readFile(source.file));
    return [{ name: basename(source.file, SUFFIX), agent: createReplayAgent(recording) }];
  }
  const files = (await readdir(source.folder)).filter((file) => file.endsWith(SUFFIX)).toSorted();
  if (files.length === 0) throw new Error(`there are no ${SUFFIX} files in ${source.folder}`);
  return files.map((file) => ({ name: basename(file, SUFFIX), agent: lazyAgent(join(source.folder, file)) }));
}

function lazyAgent(path: string): Agent {
  let agent: Agent | null = null;
  return {
    handle(request) {
      agent ??= createReplayAgent(parseRecording(readFileSync(path)));
      return agent.handle(request);
    },
  };
}
