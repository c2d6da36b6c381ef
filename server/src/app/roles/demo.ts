import { systemActor } from '#services/access/actor.ts';
import type { InventoryServices } from '#services/inventory/inventory.ts';
import { AppError } from '#platform/errors.ts';
import type { DemoAgent } from '#app/supervisor/messages.ts';

export const DEMO_COMMUNITY = 'public';
const CREDENTIAL = 'Simulated devices';
const INTERVAL_SECONDS = 10;

async function credentialId({ credentials }: InventoryServices): Promise<string> {
  const { items } = await credentials.list({ limit: 1000 });
  const known = items.find((credential) => credential.name === CREDENTIAL);
  if (known) return known.id;
  const secret = { community: DEMO_COMMUNITY };
  const made = await credentials.create(systemActor, { name: CREDENTIAL, kind: 'snmp-v2c', secret });
  return made.id;
}

/** Adds the simulated devices to the inventory; those that are there already stay as they are. Answers how many are new. */
export async function addDemoDevices(inventory: InventoryServices, agents: readonly DemoAgent[]): Promise<number> {
  const credential = await credentialId(inventory);
  let added = 0;
  for (const { name, address, port, dead } of agents) {
    const snmp = { name: 'snmp', intervalSeconds: INTERVAL_SECONDS, settings: { port } };
    // Every loopback address answers echo requests, so the dead device would look half alive.
    const collectors = dead ? [snmp] : [{ name: 'icmp', intervalSeconds: INTERVAL_SECONDS }, snmp];
    const device = { address, name, site: 'Demo', credentials: [credential], collectors };
    try {
      await inventory.devices.create(systemActor, device);
      added++;
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'duplicate_device')) throw error;
    }
  }
  return added;
}
