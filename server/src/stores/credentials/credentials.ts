import type { DeviceStatus } from '@sotp/contract/devices.ts';

/** Credentials that are tried on every device that fits, in their order. Sites and subnets: both must fit, empty fits all. */
export interface StoredCredentialSet {
  readonly id: number;
  readonly name: string;
  readonly sites: readonly string[];
  /** CIDR, as `10.1.0.0/16`. */
  readonly subnets: readonly string[];
  readonly credentialIds: readonly number[];
}

export type NewCredentialSet = Omit<StoredCredentialSet, 'id'>;

export interface CredentialSetStore {
  /** All of them in the order in which they are tried. */
  list(): Promise<StoredCredentialSet[]>;
  /** Placed behind the others. */
  create(set: NewCredentialSet): Promise<StoredCredentialSet>;
  update(id: number, change: Partial<NewCredentialSet>): Promise<StoredCredentialSet | undefined>;
  /** Sets not named keep their order behind those that are. */
  reorder(ids: readonly number[]): Promise<void>;
  remove(id: number): Promise<boolean>;
}

/** That a device answered a collector with one secret of a credential. */
export interface CredentialAnswer {
  readonly deviceId: number;
  readonly collector: string;
  readonly credentialId: number;
  readonly version: number;
  /** Epoch ms. */
  readonly at: number;
}

/** An answer as kept; `since` is the first one to this secret. */
export interface StoredAnswer extends CredentialAnswer {
  readonly since: number;
}

/** A device that uses a credential: because it is its own, or because it answered to it. */
export interface CredentialUser {
  readonly deviceId: number;
  readonly name: string;
  readonly address: string;
  readonly site: string | null;
  readonly status: DeviceStatus;
  /** One of the device's own credentials, not of a set. */
  readonly own: boolean;
  /** The secret that it answered to last; null while it never has. */
  readonly version: number | null;
  /** The youngest answer that is known: of the last run, or as noted. */
  readonly answeredAt: number | null;
}

/** How far a new secret has come among the devices whose answer it is. */
export interface RotationProgress {
  readonly devices: number;
  readonly answered: number;
}

export interface CredentialAnswerStore {
  /** Keeps the newest of each device, collector and credential; what is gone meanwhile is left out. */
  note(answers: readonly CredentialAnswer[]): Promise<void>;
  /** Newest first. */
  ofDevice(deviceId: number): Promise<StoredAnswer[]>;
  /** Of several devices; newest first. */
  ofDevices(deviceIds: readonly number[]): Promise<StoredAnswer[]>;
  /** By device id. `sites`: only devices of these; undefined: all. */
  usersOf(
    credentialId: number,
    query: { readonly after: number; readonly limit: number; readonly sites?: readonly string[] | undefined },
  ): Promise<CredentialUser[]>;
  /** Devices that are polled and do not answer to another credential; those of them that answered to `version`. */
  progress(credentialId: number, version: number): Promise<RotationProgress>;
}
