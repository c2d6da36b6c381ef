import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { InterfaceFacts, Inventory, SystemFacts } from '@sotp/contract/inventory.ts';

/** The facts that change between discoveries. */
export interface LivingFacts {
  system: SystemFacts | null;
  interfaces: InterfaceFacts[] | null;
}

/** Keeps the facts that may change between discoveries, compressed: they are needed seldom, and there are many devices. */
export function rememberFacts(facts: Partial<Inventory>): Uint8Array {
  const living: LivingFacts = { system: facts.system ?? null, interfaces: facts.interfaces ?? null };
  // A copy: what zlib gives is a view into a chunk of 16 KiB.
  return new Uint8Array(deflateRawSync(JSON.stringify(living)));
}

/** What `rememberFacts` kept. */
export function recallFacts(kept: Uint8Array): LivingFacts {
  // Our own JSON, written by `rememberFacts` in this process.
  return JSON.parse(inflateRawSync(kept).toString('utf8')) as LivingFacts;
}
