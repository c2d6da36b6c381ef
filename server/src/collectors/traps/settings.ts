import { z } from 'zod';

/** The configuration slice `traps`. */
export const TrapSettings = z.strictObject({
  host: z.string().min(1).default('::').meta({
    about: 'Address on which SNMP notifications are received; `::` for every interface, IPv4 and IPv6',
  }),
  udp: z.number().int().min(0).max(65_535).default(1162).meta({
    about:
      'UDP port for SNMP traps and informs; 0 for none. Devices send to 162, which needs a right: redirect 162 to it in the firewall, or `setcap cap_net_bind_service=+ep` on the Node binary and set 162 here',
  }),
  anyCommunity: z.enum(['yes', 'no']).default('no').meta({
    about:
      'Whether notifications of v1 and v2c are taken whatever their community; `no` takes those whose community a credential has',
  }),
  perSecond: z.number().int().min(1).max(1_000_000).default(500).meta({
    about: 'Notifications that one address may send in a second; what is above is dropped and counted',
  }),
  pollAfter: z.enum(['yes', 'no']).default('yes').meta({
    about: 'Whether a notification that says so (a link that went down, a restart) lets its device be polled at once',
  }),
});
export type TrapSettings = z.infer<typeof TrapSettings>;

/** The configuration slice `mibs`. */
export const MibSettings = z.strictObject({
  folders: z.array(z.string().min(1)).default([]).meta({
    about: 'Folders of MIB files, read besides the standard names; changes are seen within ten seconds',
  }),
});
export type MibSettings = z.infer<typeof MibSettings>;
