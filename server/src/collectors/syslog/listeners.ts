import type { Listener, ListenerDeps } from '#collectors/listener.ts';
import { endpointsOf } from './endpoint.ts';
import type { SyslogSettings } from './settings.ts';
import { createTcpListener } from './tcp.ts';
import { createUdpListener } from './udp.ts';

/** The listeners that the configuration asks for. */
export function createSyslogListeners(settings: SyslogSettings, deps: ListenerDeps): Listener[] {
  return endpointsOf(settings).map((endpoint) =>
    endpoint.transport === 'udp'
      ? createUdpListener(endpoint, settings, deps)
      : createTcpListener(endpoint, settings, deps),
  );
}
