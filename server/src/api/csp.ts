/** For answers that are data: nothing in them may run, load or be framed. Pages set their own (`web/proxy.ts`). */
export const API_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
