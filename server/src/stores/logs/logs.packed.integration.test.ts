import { openTestDatabase } from '#stores/postgres/testing.ts';
import { logStoreContract } from './logs.contract.ts';
import { createPackedLogStore } from './packed/packed.ts';

logStoreContract('packed in PostgreSQL', async () => {
  const { pg, close } = await openTestDatabase();
  return { store: createPackedLogStore({ pg }), close };
});
