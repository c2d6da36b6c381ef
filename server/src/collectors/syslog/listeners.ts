import type { Listener, ListenerDeps } from '#collectors/listener.ts';
import type { SyslogSettings } from './settings.ts';
import { createTcpListener } from './tcp.ts';
import { createUdpListener } from './udp.ts';

/** The listeners that the configuration asks for. */
export function createSyslogListeners(settings: SyslogSettings, deps: ListenerDeps): Listener[] {
  return [
    ...(settings.udp > 0 ? [createUdpListener(settings, deps)] : []),
    ...(settings.tcp > 0 ? [createTcpListener(settings, deps, false)] : []),
    ...(settings.tls.port > 0 ? [createTcpListener(settings, deps, true)] : []),
  ];
}
