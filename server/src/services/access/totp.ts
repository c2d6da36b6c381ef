import { Secret, TOTP } from 'otpauth';

/** RFC 6238 with the parameters that every authenticator app knows; one step of clock drift is forgiven. */
export function checkTotp(base32Secret: string, code: string, now: number): boolean {
  if (!/^\d{6}$/.test(code)) return false;
  const totp = new TOTP({ secret: Secret.fromBase32(base32Secret), algorithm: 'SHA1', digits: 6, period: 30 });
  return totp.validate({ token: code, timestamp: now, window: 1 }) !== null;
}
