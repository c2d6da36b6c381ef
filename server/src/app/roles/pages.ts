import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';

const WEB_DIR = fileURLToPath(new URL('../../../../web', import.meta.url));

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The part of Next's custom server that is used; the package belongs to the web workspace. */
interface NextServer {
  prepare(): Promise<void>;
  getRequestHandler(): Handler;
  close(): Promise<void>;
}
type CreateNext = (options: {
  dev: boolean;
  dir: string;
  quiet: boolean;
  hostname: string;
  port: number;
}) => NextServer;

/** The web pages, rendered in this process. */
export interface Pages extends Component {
  handle: Handler;
}

/**
 * Next as a part of the hub. The pages ask the API of the same process at `internalUrl`, with the visitor's cookie, so
 * they may do what he may do.
 */
export function createPages(log: Log): Pages {
  let server: NextServer | undefined;
  let handler: Handler | undefined;
  return {
    name: 'web pages',
    async start() {
      if (!existsSync(join(WEB_DIR, '.next', 'BUILD_ID'))) {
        log.warn('the web pages are not built, so only the API is served: run "npm start", or "npm run build" once');
        return;
      }
      const createNext = createRequire(join(WEB_DIR, 'package.json'))('next') as CreateNext;
      server = createNext({ dev: false, dir: WEB_DIR, quiet: true, hostname: '127.0.0.1', port: 0 });
      await server.prepare();
      handler = server.getRequestHandler();
    },
    async stop() {
      await server?.close();
    },
    async handle(request, response) {
      if (handler) return handler(request, response);
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' });
      response.end('The pages are not loaded yet, or not built; the API is at /api/v1.\n');
    },
  };
}
