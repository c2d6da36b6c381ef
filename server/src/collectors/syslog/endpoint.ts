import type { SyslogSettings } from './settings.ts';
import type { Transport } from './tally.ts';

/** One place on which lines are received. */
export interface Endpoint {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  /** `syslog-udp`, for metrics; further ones have their port behind it. */
  readonly name: string;
  /** `UDP port 5514`, for people. */
  readonly where: string;
  /** Networks of proxies whose connections begin with a PROXY header. */
  readonly proxies: readonly string[];
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientCa?: string | undefined;
}

function endpoint(one: Omit<Endpoint, 'name' | 'where'>, further: boolean): Endpoint {
  return {
    ...one,
    name: `syslog-${one.transport}${further ? `-${one.port}` : ''}`,
    where: `${one.transport.toUpperCase()} port ${one.port}`,
  };
}

/** All places that the configuration names. */
export function endpointsOf(settings: SyslogSettings): Endpoint[] {
  const { host, proxies, tls } = settings;
  const usual: Endpoint[] = [
    endpoint({ transport: 'udp', host, port: settings.udp, proxies: [] }, false),
    endpoint({ transport: 'tcp', host, port: settings.tcp, proxies }, false),
    endpoint({ ...tls, transport: 'tls', host, proxies }, false),
  ];
  const further = settings.listeners.map((one) => endpoint({ ...one, host: one.host ?? host }, true));
  return [...usual, ...further].filter(({ port }) => port > 0);
}
