import type { Log } from '#platform/log.ts';
import { decodeBlock } from '#stores/logs/packed/block.ts';
import type { LogBlock } from '#stores/logs/packed/pack.ts';
import type { LokiClient } from './client.ts';
import { streamLabels, toEntry } from './entry.ts';
import type { PushEntry, PushStream } from './push-body.ts';

/** Characters of a request at most, roughly: Loki's parts take 4 MiB from one another. */
const REQUEST_CHARS = 1024 * 1024;
/** Requests made to find out how many lines of a batch Loki refuses. */
const QUESTIONS = 200;

function charsOf({ line, metadata }: PushEntry): number {
  return metadata.reduce((sum, [name, value]) => sum + name.length + value.length + 4, line.length + 20);
}

/** The lines of blocks as requests, each line in its stream, in the order of receipt. */
export function* requestsOf(blocks: readonly LogBlock[]): Generator<PushStream[]> {
  let streams = new Map<string, PushEntry[]>();
  let chars = 0;
  const take = () => [...streams].map(([labels, entries]) => ({ labels, entries }));
  for (const { writer, payload, canary } of blocks) {
    const labels = new Map<string, string>();
    for (const line of decodeBlock(payload)) {
      const entry = toEntry(line);
      const size = charsOf(entry);
      if (chars > 0 && chars + size > REQUEST_CHARS) {
        yield take();
        streams = new Map();
        chars = 0;
      }
      const { deviceId, severity, source } = line;
      const key = `${deviceId}/${severity}/${source}`;
      let name = labels.get(key);
      if (name === undefined) labels.set(key, (name = streamLabels({ writer, deviceId, severity, source, canary })));
      const entries = streams.get(name);
      if (entries) entries.push(entry);
      else streams.set(name, [entry]);
      chars += size;
    }
  }
  if (streams.size > 0) yield take();
}

const linesOf = (streams: readonly PushStream[]) => streams.reduce((sum, { entries }) => sum + entries.length, 0);

function halves(streams: readonly PushStream[]): [PushStream[], PushStream[]] {
  if (streams.length > 1) {
    const middle = Math.ceil(streams.length / 2);
    return [streams.slice(0, middle), streams.slice(middle)];
  }
  const { labels, entries } = streams[0]!;
  const middle = Math.ceil(entries.length / 2);
  return [[{ labels, entries: entries.slice(0, middle) }], [{ labels, entries: entries.slice(middle) }]];
}

/**
 * Pushes lines; answers how many Loki refuses for good. It says that it refused some, not how many, and has taken the
 * others: asked again by halves, it knows those by themselves and stores none twice.
 */
export async function pushCounting(client: LokiClient, streams: readonly PushStream[], log: Log): Promise<number> {
  let questions = 0;
  async function refused(part: readonly PushStream[]): Promise<number> {
    const lines = linesOf(part);
    const why = await client.push(part);
    if (why === undefined) return 0;
    if (lines === 1 || ++questions > QUESTIONS) {
      log.warn({ lines, loki: why.slice(0, 300) }, 'Loki refuses lines');
      return lines;
    }
    const [first, second] = halves(part);
    return (await refused(first)) + (await refused(second));
  }
  return refused(streams);
}
