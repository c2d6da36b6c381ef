import { z } from 'zod';

const port = z.number().int().min(0).max(65_535);

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
