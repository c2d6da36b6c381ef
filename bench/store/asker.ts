// Asks an API over HTTP in a process of its own, as whoever asks does, so that the hub is measured alone. Told by its parent
// what to ask; answers how long that took, from the question until the whole answer was there.
import { once } from 'node:events';
import { fork } from 'node:child_process';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';

interface Answered {
  readonly ms: number;
  /** Points that have a value; of an answer that is an error, what it says. */
  readonly points: number;
  readonly error?: string;
}

interface Question {
  readonly url: string;
  readonly token: string;
}

const agent = new Agent({ keepAlive: true });

async function ask({ url, token }: Question): Promise<Answered> {
  const began = performance.now();
  const request = get(url, { agent, headers: { authorization: `Bearer ${token}` } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(response, 'end');
  const ms = performance.now() - began;
  const text = Buffer.concat(chunks).toString();
  if (response.statusCode !== 200) return { ms, points: 0, error: text };
  const { series } = JSON.parse(text) as { series: { points: [number, number | null][] }[] };
  return { ms, points: series.flatMap(({ points }) => points).filter(([, value]) => value !== null).length };
}

/** Starts one. Questions are asked one after the other. */
export function startAsker() {
  const child = fork(fileURLToPath(import.meta.url));
  return {
    async ask(question: Question): Promise<Answered> {
      child.send(question);
      const [answered] = (await once(child, 'message')) as [Answered];
      return answered;
    },
    stop: () => void child.disconnect(),
  };
}

if (process.send && import.meta.main) {
  process.on('message', (question: Question) => void ask(question).then((answered) => process.send?.(answered)));
}
