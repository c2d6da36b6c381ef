import { cache } from 'react';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { QueryClient } from '@tanstack/react-query';
import type { Me } from '@sotp/contract/access.ts';
import { createApi, type Api } from './api.ts';
import { ApiError, createClient } from './client.ts';

/** The API as a page on the server reaches it, in the visitor's name. */
export const serverApi = cache(async (): Promise<Api> => {
  const incoming = await headers();
  const base = process.env['SOTP_INTERNAL_URL'] ?? `http://${incoming.get('host') ?? '127.0.0.1:8080'}`;
  const forwarded: Record<string, string> = {};
  for (const name of ['cookie', 'x-forwarded-for', 'user-agent']) {
    const value = incoming.get(name);
    if (value !== null) forwarded[name] = value;
  }
  return createApi(createClient({ base: base.replace(/\/$/, ''), headers: forwarded }));
});

/** Who is looking; sends strangers to sign in, and the very first visitor to set-up. */
export const requireMe = cache(async (): Promise<Me> => {
  const api = await serverApi();
  try {
    return await api.auth.me();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'setup_required') redirect('/setup');
    if (error.status !== 401) throw error;
    const path = (await headers()).get('x-path') ?? '/';
    redirect(path === '/' ? '/login' : `/login?next=${encodeURIComponent(path)}`);
  }
});

/** For `.catch`: what the API refused, as a value to be shown; everything else, redirects too, goes on. */
export function refused(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  throw error;
}

/** A query client for one page's data; what fails here is fetched, and its error shown, by the browser. */
export function pageQueries(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false } } });
}

/** A preference the visitor keeps in a cookie. */
export async function preference<T extends string>(name: string, allowed: readonly T[], fallback: T): Promise<T> {
  const value = (await cookies()).get(name)?.value;
  return allowed.find((item) => item === value) ?? fallback;
}
