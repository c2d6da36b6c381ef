import type { SnmpV3Secret } from '@sotp/contract/credentials.ts';
import type { TargetCredential } from '#collectors/collector.ts';
import { communitySecurity } from './client/security.ts';
import type { Security } from './client/security.ts';
import { usmSecurity } from './client/usm.ts';
import type { UsmDeps } from './client/usm.ts';
import type { UsmUser } from './client/usmEngine.ts';

/** The kinds of credential that SNMP can use. */
export const SNMP_KINDS = ['snmp-v1', 'snmp-v2c', 'snmp-v3'] as const;

/** The security that a credential stands for, or null when it is not for SNMP. */
export function securityOf({ value }: TargetCredential, deps: UsmDeps): Security | null {
  switch (value.kind) {
    case 'snmp-v1':
      return communitySecurity(0, value.secret.community);
    case 'snmp-v2c':
      return communitySecurity(1, value.secret.community);
    case 'snmp-v3':
      return usmSecurity(userOf(value.secret), deps);
    default:
      return null;
  }
}

/** Below the level that asks for them, keys are not used even where they are given. */
function userOf({ username: name, context = '', securityLevel, ...keys }: SnmpV3Secret): UsmUser {
  const auth =
    securityLevel !== 'noAuthNoPriv' && keys.authProtocol && keys.authKey
      ? { protocol: keys.authProtocol, password: keys.authKey }
      : null;
  const priv =
    securityLevel === 'authPriv' && keys.privProtocol && keys.privKey
      ? { protocol: keys.privProtocol, password: keys.privKey }
      : null;
  return { name, context, auth, priv };
}
