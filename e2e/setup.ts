import { startSnmpd } from './snmpd.ts';
import { startSotp } from './sotp.ts';

/** Starts a fresh SOTP and a real SNMP agent; what the specs need to know goes by environment. */
export default async function setup(): Promise<() => Promise<void>> {
  const snmpd = await startSnmpd();
  try {
    const sotp = await startSotp();
    process.env['SOTP_E2E_URL'] = sotp.url;
    process.env['SOTP_E2E_SETUP_LINK'] = sotp.setupLink;
    process.env['SOTP_E2E_STATE'] = sotp.stateFile;
    process.env['SOTP_E2E_SNMPD_PORT'] = String(snmpd?.port ?? '');
    return async () => {
      await sotp.stop();
      await snmpd?.stop();
    };
  } catch (error) {
    await snmpd?.stop();
    throw error;
  }
}
