/**
 * News between processes: at most once, in order per publisher, to whoever listens now. Nobody may depend on a message
 * arriving; it says "look again", and a state that matters is in the database.
 */
export interface Bus {
  publish(topic: string, message: unknown): void;
  /** Calls `handler` for every message of the topic until the returned function is called. */
  subscribe(topic: string, handler: (message: unknown) => void): Promise<() => Promise<void>>;
  /** Calls `handler` when messages may have been missed (the connection was lost and is back): look at everything again. */
  onGap?(handler: () => void): void;
  /** Resolves when all that was published has been handed over; for shutdown and tests. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The topics. `device-changed`: {deviceId} configuration was written; caches drop it. `samples/DEVICE`, `devices`,
 * `tasks`: events for the live stream. `access-changed`: {userId?, tokenId?} whoever serves them checks again that they
 * still may. `interest`: which sample topics somebody listens to (see `worker/live.ts`). `log-tails`: who follows
 * which lines; `logs/ID`: lines for one who does. `alerts`: {alertId, state} an alert has moved on; `outbox`: there may be something to send; `canary`: {event, subject} an alert of the canary has come through. `log-queries`: the queries whose lines are counted were changed. `fleet`: a collector joined, left or released, so look at the leases again. `credentials-changed`:
 * {credentialId?} a secret, or who is tried where.
 */
export const BUS_TOPICS = {
  deviceChanged: 'device-changed',
  devices: 'devices',
  samples: 'samples',
  tasks: 'tasks',
  interest: 'interest',
  access: 'access-changed',
  logs: 'logs',
  alerts: 'alerts',
  outbox: 'outbox',
  canary: 'canary',
  logTails: 'log-tails',
  logQueries: 'log-queries',
  fleet: 'fleet',
  credentials: 'credentials-changed',
} as const;
