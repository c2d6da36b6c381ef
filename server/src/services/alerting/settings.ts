import { z } from 'zod';

const Target = z.union(
  [z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6(), z.hostname()],
  'a host name, an IP address or a CIDR range',
);

/** The configuration of alerts. */
export const AlertingSettings = z.strictObject({
  allowedTargets: z.array(Target).max(200).default([]).meta({
    about: 'Private or local addresses to which notifications may be sent: host names, addresses, CIDR ranges',
  }),
});
