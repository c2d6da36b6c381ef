import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { logStoreContract } from './logs.contract.ts';
import { createLokiLogStore } from './loki/loki.ts';
import { lokiMissing, startTestLoki } from './loki/testing.ts';

logStoreContract(
  'Loki',
  async () => {
    const { settings, close } = await startTestLoki();
    const store = createLokiLogStore({ loki: settings, writer: 'test/1', clock: systemClock, log: silentLog });
    return { store, close: async () => close() };
  },
  { keepsItself: true, skip: lokiMissing },
);
