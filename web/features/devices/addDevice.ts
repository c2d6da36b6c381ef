import { Address, type DeviceCreate, type DeviceTest } from '@sotp/contract/devices.ts';
import type { CredentialSecret } from '@sotp/contract/credentials.ts';

/** What the dialog holds; `credential` is the id of a stored one, `new`, `sets` (those that cover it), or `none`. */
export interface AddForm {
  readonly address: string;
  readonly port: string;
  readonly name: string;
  readonly site: string;
  readonly tags: string;
  readonly credential: string;
  readonly credentialName: string;
}

export const EMPTY_FORM: AddForm = {
  address: '',
  port: '161',
  name: '',
  site: '',
  tags: '',
  credential: 'new',
  credentialName: '',
};

export type AddProblems = Readonly<Partial<Record<keyof AddForm, string>>>;

/** What is wrong with what was typed, before anybody is asked. */
export function addProblems(form: AddForm): AddProblems {
  const problems: Partial<Record<keyof AddForm, string>> = {};
  const address = form.address.trim();
  if (address === '') problems.address = 'A host name or an IP address.';
  // One colon is a port; an IPv6 address has more.
  else if (address.split(':').length === 2 || !Address.safeParse(address).success)
    problems.address = 'This is not a host name, an IPv4 or an IPv6 address. A port goes into its own field.';
  const port = Number(form.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) problems.port = '1 to 65535.';
  return problems;
}

/** `a, b` as a list without doubles. */
export function tagsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ];
}

/** The body of the test: a stored credential by id, or the one that was typed. */
export function testBody(form: AddForm, secret: CredentialSecret | undefined): DeviceTest {
  const body: DeviceTest = { address: form.address.trim(), port: Number(form.port) };
  if (form.credential === 'new') return secret ? { ...body, credential: secret } : body;
  if (form.credential === 'sets') return { ...body, site: form.site.trim() || undefined };
  return { ...body, credentials: form.credential === 'none' ? [] : [form.credential] };
}

/** The body that adds the device. Collectors are named only where the defaults would not do. */
export function createBody(form: AddForm, credentialId: string | null): DeviceCreate {
  const port = Number(form.port);
  const collectors =
    credentialId === null && form.credential !== 'sets'
      ? [{ name: 'icmp' }]
      : port === 161
        ? undefined
        : [{ name: 'icmp' }, { name: 'snmp', settings: { port } }];
  return {
    address: form.address.trim(),
    name: form.name.trim() || undefined,
    site: form.site.trim() || undefined,
    tags: tagsOf(form.tags),
    credentials: credentialId === null ? [] : [credentialId],
    collectors,
  };
}
