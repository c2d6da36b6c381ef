import type { TargetCredential } from '#collectors/collector.ts';
import { communitySecurity } from './client/security.ts';
import type { Security } from './client/security.ts';

/** The kinds of credential that SNMP can use. */
export const SNMP_KINDS = ['snmp-v1', 'snmp-v2c'] as const;

/** The security that a credential stands for, or null when it is not for SNMP. */
export function securityOf({ value }: TargetCredential): Security | null {
  switch (value.kind) {
    case 'snmp-v1':
      return communitySecurity(0, value.secret.community);
    case 'snmp-v2c':
      return communitySecurity(1, value.secret.community);
    default:
      return null;
  }
}
