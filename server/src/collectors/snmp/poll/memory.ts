import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { InterfaceFacts, Inventory, SystemFacts } from '@sotp/contract/inventory.ts';

/** The facts that change between discoveries. */
export interface LivingFacts {
  system: SystemFacts | null;
  interfaces: InterfaceFacts[] | null;
}

/** Keeps the facts that may change between discoveries, compressed: they are needed seldom, and there are many devices. */
export function rememberFacts(facts: Partial<Inventory>): Buffer {
  const living: LivingFacts = { system: facts.system ?? null, interfaces: facts.interfaces ?? null };
  return deflateRawSync(JSON.stringify(living));
}

/** What `rememberFacts` kept. */
export function recallFacts(kept: Buffer): LivingFacts {
  // Our own JSON, written by `rememberFacts` in this process.
  return JSON.parse(inflateRawSync(kept).toString()) as LivingFacts;
}
