import type { CredentialSet, CredentialSetCreate, CredentialSetPatch } from '@sotp/contract/credential-sets.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { normalSubnet } from '#domain/credential-sets.ts';
import { parseId } from '#domain/paging.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import type { CredentialSetStore, NewCredentialSet, StoredCredentialSet } from '#stores/credentials/credentials.ts';
import type { CredentialStore } from '#stores/devices/devices.ts';
import { validationFailed } from './fields.ts';
import type { FieldError } from './fields.ts';

/** Which credentials are tried where: ordered sets by site and subnet. */
export interface CredentialSets {
  list(): Promise<{ items: CredentialSet[]; nextCursor: null }>;
  create(actor: Actor, input: CredentialSetCreate): Promise<CredentialSet>;
  update(actor: Actor, id: string, patch: CredentialSetPatch): Promise<CredentialSet>;
  /** Puts the named sets first, in this order. */
  reorder(actor: Actor, ids: readonly string[]): Promise<{ items: CredentialSet[]; nextCursor: null }>;
  remove(actor: Actor, id: string): Promise<void>;
}

export interface CredentialSetsDeps {
  sets: CredentialSetStore;
  credentials: CredentialStore;
  audit: Audit;
  bus: Bus;
}

function toSet({ id, name, sites, subnets, credentialIds }: StoredCredentialSet): CredentialSet {
  return { id: String(id), name, sites: [...sites], subnets: [...subnets], credentials: credentialIds.map(String) };
}

/** Whoever sees only some sites decides about those alone. */
function requireSites(actor: Actor, sites: readonly string[]): void {
  const { scope } = actor;
  if (scope === null || (sites.length > 0 && sites.every((site) => scope.sites.includes(site)))) return;
  const own = scope.sites.join(', ') || 'none';
  throw new AppError('forbidden', `You may keep credential sets only for your own sites: ${own}.`);
}

export function createCredentialSets({ sets, credentials, audit, bus }: CredentialSetsDeps): CredentialSets {
  async function find(actor: Actor, id: string): Promise<StoredCredentialSet> {
    const key = parseId(id);
    const found = (await sets.list()).find((set) => set.id === key);
    if (!found) throw new AppError('not_found', 'There is no such credential set.');
    requireSites(actor, found.sites);
    return found;
  }

  /** The fields that were sent, checked. */
  async function draft(input: CredentialSetPatch): Promise<Partial<NewCredentialSet>> {
    const errors: FieldError[] = [];
    const subnets = input.subnets?.map((text, index) => {
      const normal = normalSubnet(text);
      if (normal === undefined) {
        errors.push({ path: `subnets[${index}]`, message: 'a subnet like 10.1.0.0/16 or 2001:db8::/32' });
      }
      return normal ?? text;
    });
    const ids: number[] = [];
    for (const [index, id] of (input.credentials ?? []).entries()) {
      const key = parseId(id);
      const known = key === undefined ? undefined : await credentials.get(key);
      if (known) ids.push(known.id);
      else errors.push({ path: `credentials[${index}]`, message: 'there is no such credential' });
    }
    if (errors.length > 0) throw validationFailed(errors);
    return {
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.sites ? { sites: [...new Set(input.sites)] } : {}),
      ...(subnets ? { subnets: [...new Set(subnets)] } : {}),
      ...(input.credentials ? { credentialIds: [...new Set(ids)] } : {}),
    };
  }

  const tell = () => bus.publish(BUS_TOPICS.credentials, {});
  const list = async () => ({ items: (await sets.list()).map(toSet), nextCursor: null });

  return {
    list,
    async create(actor, input) {
      requireSites(actor, input.sites ?? []);
      const { sites = [], subnets = [], credentialIds = [] } = await draft(input);
      const set = toSet(await sets.create({ name: input.name, sites, subnets, credentialIds }));
      tell();
      await audit.record(actor, 'credential-set.create', `credential-set/${set.id}`, { after: set });
      return set;
    },
    async update(actor, id, patch) {
      const before = await find(actor, id);
      if (patch.sites) requireSites(actor, patch.sites);
      const stored = await sets.update(before.id, await draft(patch));
      if (!stored) throw new AppError('not_found', 'There is no such credential set.');
      tell();
      const after = toSet(stored);
      await audit.record(actor, 'credential-set.update', `credential-set/${id}`, { before: toSet(before), after });
      return after;
    },
    async reorder(actor, ids) {
      requireSites(actor, []);
      await sets.reorder(ids.flatMap((id) => parseId(id) ?? []));
      tell();
      const answer = await list();
      const order = answer.items.map(({ name }) => name);
      await audit.record(actor, 'credential-set.order', null, { order });
      return answer;
    },
    async remove(actor, id) {
      const before = await find(actor, id);
      await sets.remove(before.id);
      tell();
      await audit.record(actor, 'credential-set.remove', `credential-set/${id}`, { before: toSet(before) });
    },
  };
}
