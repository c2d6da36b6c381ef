import { z } from 'zod';
import { Id } from './lists.ts';

const name = z.string().trim().min(1).max(100);
const sites = z.array(z.string().trim().min(1).max(200)).max(1000);
/** `10.1.0.0/16` or `2001:db8::/32`; a single address stands for itself. */
const subnets = z.array(z.string().trim().min(1).max(60)).max(1000);
const credentials = z.array(Id).min(1).max(20);

/** What is tried, in order, on devices at these sites and in these subnets: both must fit, an empty list fits all. */
export const CredentialSet = z.object({
  id: Id,
  name: z.string(),
  sites: z.array(z.string()),
  subnets: z.array(z.string()),
  credentials: z.array(Id),
});
export type CredentialSet = z.infer<typeof CredentialSet>;

export const CredentialSetCreate = z
  .object({ name, sites: sites.optional(), subnets: subnets.optional(), credentials })
  .strict();
export type CredentialSetCreate = z.infer<typeof CredentialSetCreate>;
export const CredentialSetPatch = CredentialSetCreate.partial().strict();
export type CredentialSetPatch = z.infer<typeof CredentialSetPatch>;

/** All sets, in the order in which they are tried. */
export const CredentialSetList = z.object({ items: z.array(CredentialSet), nextCursor: z.null() });
export const CredentialSetOrder = z.object({ ids: z.array(Id).max(1000) }).strict();
