// Stands between SOTP and its Loki, hands everything on, and sees what Loki has taken, and in which order.
import { Agent, createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeTimes } from '../../server/src/stores/logs/loki/fake-loki.ts';

export interface LokiWitness {
  readonly url: string;
  /** Pushes that Loki took, and the lines in them. */
  readonly pushes: number;
  readonly lines: number;
  /** Lines among them that are older than one that Loki took before them, in the same stream. */
  readonly outOfOrder: number;
  close(): Promise<void>;
}

export async function startLokiWitness(lokiUrl: string): Promise<LokiWitness> {
  const agent = new Agent({ keepAlive: true });
  const newest = new Map<string, number>();
  let [pushes, lines, outOfOrder] = [0, 0, 0];

  function taken(body: Buffer): void {
    pushes++;
    for (const { labels, times } of decodeTimes(body)) {
      // Lines of the canary are no lines that the bench has sent.
      if (labels.includes('service_name="sotp-canary"')) continue;
      let latest = newest.get(labels) ?? 0;
      for (const ms of times) {
        if (ms < latest) outOfOrder++;
        else latest = ms;
      }
      newest.set(labels, latest);
      lines += times.length;
    }
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const { method, headers } = request;
      const onward = forward(lokiUrl + request.url, { method, headers, agent }, (answer) => {
        const status = answer.statusCode ?? 500;
        if (status < 300 && request.url === '/loki/api/v1/push') taken(body);
        response.writeHead(status, answer.headers);
        answer.on('error', () => response.destroy());
        answer.pipe(response);
      });
      // A Loki that is away looks so from behind us too.
      onward.on('error', () => response.destroy());
      onward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get pushes() {
      return pushes;
    },
    get lines() {
      return lines;
    },
    get outOfOrder() {
      return outOfOrder;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
