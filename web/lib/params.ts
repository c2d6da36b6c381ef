/** What Next hands to a page as its search parameters. */
export type PageParams = Promise<Record<string, string | string[] | undefined>>;

/** The same parameters as the browser reads them. */
export function toParams(params: Awaited<PageParams>): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) search.set(name, first);
  }
  return search;
}
