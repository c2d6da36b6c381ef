import type { ErrorCode } from '@sotp/contract/errors.ts';

/** What a Report says by the counter it carries (RFC 3414 section 3.2, RFC 3412 section 7.1, RFC 3413 section 3.2). */
export const REPORTS = {
  unsupportedLevel: '1.3.6.1.6.3.15.1.1.1.0',
  notInTimeWindow: '1.3.6.1.6.3.15.1.1.2.0',
  unknownUser: '1.3.6.1.6.3.15.1.1.3.0',
  unknownEngine: '1.3.6.1.6.3.15.1.1.4.0',
  wrongDigest: '1.3.6.1.6.3.15.1.1.5.0',
  wrongPrivacy: '1.3.6.1.6.3.15.1.1.6.0',
  unavailableContext: '1.3.6.1.6.3.12.1.4.0',
  unknownContext: '1.3.6.1.6.3.12.1.5.0',
} as const;

export interface ReportMeaning {
  readonly code: ErrorCode;
  /** A sentence about the user and the device. */
  readonly say: (who: { user: string; where: string; context: string }) => string;
}

/** Errors that Reports stand for, by the counter's OID. */
export const REPORT_MEANINGS: ReadonlyMap<string, ReportMeaning> = new Map<string, ReportMeaning>([
  [
    REPORTS.unsupportedLevel,
    {
      code: 'snmp_unsupported_security',
      say: ({ user, where }) =>
        `${where} does not allow user "${user}" the configured security level or protocol: compare both with the device's configuration.`,
    },
  ],
  [
    REPORTS.notInTimeWindow,
    {
      code: 'snmp_not_in_time_window',
      say: ({ where }) =>
        `${where} says that the request is outside its time window, in a way that cannot be trusted or mended: restart its SNMP agent, or give it a new engine ID when its boot counter is exhausted.`,
    },
  ],
  [
    REPORTS.unknownUser,
    {
      code: 'snmp_unknown_user',
      say: ({ user, where }) =>
        `${where} does not know user "${user}": correct the name, or create the user on the device.`,
    },
  ],
  [
    REPORTS.unknownEngine,
    {
      code: 'snmp_unknown_engine',
      say: ({ where }) => `${where} keeps saying that it has another engine ID than the one it has just told.`,
    },
  ],
  [
    REPORTS.wrongDigest,
    {
      code: 'snmp_wrong_digest',
      say: ({ user, where }) =>
        `${where} rejects the authentication of user "${user}": the authentication password or protocol is wrong.`,
    },
  ],
  [
    REPORTS.wrongPrivacy,
    {
      code: 'snmp_wrong_privacy',
      say: ({ user, where }) =>
        `${where} cannot decrypt what user "${user}" sends: the privacy password or protocol is wrong.`,
    },
  ],
  [REPORTS.unavailableContext, { code: 'snmp_unknown_context', say: sayContext }],
  [REPORTS.unknownContext, { code: 'snmp_unknown_context', say: sayContext }],
]);

function sayContext({ where, context }: { where: string; context: string }): string {
  return `${where} has no context "${context}": correct the context of the credential.`;
}
