import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a webhook was sent. */
export interface Received {
  readonly key: string;
  readonly event: string;
  /** All of it, as it came. */
  readonly body: string;
  readonly alert: { readonly id: string; readonly code: string; readonly subject: string; readonly state: string };
}

/** A receiver of webhooks on 127.0.0.1. `answer` may refuse, or say nothing. */
export async function openReceiver(answer: (response: ServerResponse) => void = (response) => response.end()) {
  const received: Received[] = [];
  const how = { answer };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { event, alert } = JSON.parse(text) as Received;
      received.push({ key: String(request.headers['idempotency-key']), event, alert, body: text });
      how.answer(response);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    how,
    url: `http://127.0.0.1:${port}/hook/s3cr3t-path`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
