import type { FastifyInstance } from 'fastify';
import { fieldPath, validationFailed } from '#services/inventory/fields.ts';

type Path = readonly (string | number)[];

const unstorable = (text: string) => text.includes('\0') || !text.isWellFormed();

/** The place of the first string or key that no database can hold. */
function findBadText(value: unknown, path: Path): Path | undefined {
  if (typeof value === 'string') return unstorable(value) ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (unstorable(key)) return path;
    const found = findBadText(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found) return found;
  }
  return undefined;
}

/** Refuses U+0000 and halves of characters in what is sent: PostgreSQL's text cannot hold them, and no name has them. */
export function refuseBadText(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ body, query, params }) => {
    const path = [params, query, body].map((part) => findBadText(part, [])).find((found) => found !== undefined);
    if (path) throw validationFailed([{ path: fieldPath(path), message: 'must be well-formed text without U+0000' }]);
  });
}
