import { z } from 'zod';

/** How a device is asked over SNMP. */
export const SnmpSettings = z
  .object({
    port: z.number().int().min(1).max(65_535).default(161).describe('Port of the agent'),
    transport: z
      .enum(['udp', 'tcp'])
      .default('udp')
      .describe('What carries the messages: UDP, as nearly all agents expect, or TCP (RFC 3430)'),
    timeoutMs: z
      .number()
      .int()
      .min(100)
      .max(60_000)
      .default(2000)
      .describe(
        'How long to wait for an answer at most, in milliseconds; usually much less, as the device is measured',
      ),
    retries: z.number().int().min(0).max(10).default(2).describe('How often an unanswered request is sent again'),
    maxRepetitions: z.number().int().min(1).max(200).default(30).describe('Rows that one GETBULK may ask for at most'),
    profiles: z
      .array(z.string().trim().min(1).max(200))
      .max(50)
      .default([])
      .describe('Profiles or Prometheus modules to read besides those that fit by themselves, by name'),
  })
  .strict();
export type SnmpSettings = z.infer<typeof SnmpSettings>;
