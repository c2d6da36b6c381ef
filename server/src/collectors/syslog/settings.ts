import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const port = z.number().int().min(0).max(65_535);

const network = z
  .string()
  .refine((text) => (text.includes('/') ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text)), 'is no address or network');

const PROXIES =
  'Addresses or networks of proxies in front of SOTP: their TCP and TLS connections begin with a PROXY header (version 1 or 2), which names the sender. Nobody else’s header is believed';

/** A further place on which lines are received. */
const FurtherListener = z
  .strictObject({
    transport: z.enum(['udp', 'tcp', 'tls']),
    host: z.string().min(1).optional(),
    port: z.number().int().min(1).max(65_535),
    proxies: z.array(network).default([]),
    cert: z.string().min(1).optional(),
    key: z.string().min(1).optional(),
    clientCa: z.string().min(1).optional(),
  })
  .refine(
    ({ transport, cert, key }) => transport !== 'tls' || (cert !== undefined && key !== undefined),
    'needs cert and key',
  );

/** The short form, for environment variables: `udp:1514`. */
const ShortListener = z
  .string()
  .regex(/^(udp|tcp):\d{1,5}$/, 'is no listener: write udp:1514 or tcp:1514')
  .transform((text) => ({ transport: text.slice(0, 3), port: Number(text.slice(4)) }))
  .pipe(FurtherListener);

/** The configuration slice `syslog`. */
export const SyslogSettings = z.strictObject({
  host: z.string().min(1).default('::').meta({
    about: 'Address on which syslog lines are received; `::` for every interface, IPv4 and IPv6',
  }),
  udp: port.default(5514).meta({
    about:
      'UDP port for syslog; 0 for none. Ports below 1024 need a right: redirect 514 in the firewall, or `setcap cap_net_bind_service=+ep` on the Node binary',
  }),
  tcp: port.default(5514).meta({ about: 'TCP port for syslog; 0 for none' }),
  tls: z
    .strictObject({
      port: port.default(0).meta({ about: 'Port for syslog over TLS (RFC 5425, usually 6514); 0 for none' }),
      cert: z.string().min(1).optional().meta({ about: 'File with the certificate chain (PEM) shown to senders' }),
      key: z.string().min(1).optional().meta({ about: 'File with the private key of that certificate (PEM)' }),
      clientCa: z.string().min(1).optional().meta({
        about: 'File with the authorities (PEM) one of which must have signed the certificate of every sender',
        defaultText: 'senders need no certificate',
      }),
    })
    .refine(({ port: tls, cert, key }) => tls === 0 || (cert !== undefined && key !== undefined), 'needs cert and key')
    .prefault({}),
  proxies: z.array(network).default([]).meta({ about: PROXIES }),
  listeners: z
    .array(z.union([ShortListener, FurtherListener]))
    .default([])
    .meta({
      about:
        'Further listeners: `udp:1514`, or in the file `{transport: udp | tcp | tls, port}` and if need be `host`, `proxies`, `cert`, `key`, `clientCa`, which mean what they mean above',
    }),
  connections: z.number().int().min(1).max(100_000).default(2_000).meta({
    about: 'TCP and TLS connections that a collector process holds at most',
  }),
  connectionsPerSender: z.number().int().min(1).max(100_000).default(100).meta({
    about: 'TCP and TLS connections from one address at most',
  }),
  idleSeconds: z.number().int().min(10).max(86_400).default(1_800).meta({
    about: 'After so many seconds without a byte a connection is closed',
  }),
  linesPerSecond: z.number().int().min(1).max(10_000_000).default(50_000).meta({
    about: 'Lines that one address may send by UDP in a second; what is above is dropped and counted',
  }),
});
export type SyslogSettings = z.infer<typeof SyslogSettings>;
