import { useCallback, useEffect, useState } from 'react';
import { useAuth } from '../auth/useAuth';
import type { TokenSource } from './client';

/** Something read from the API: on its way, failed, or here. */
export type Resource<T> =
  | { status: 'loading' }
  | { status: 'failed'; error: unknown }
  | { status: 'ready'; value: T };

/** Reads a resource when the component appears, and again on `reload`. `read` must not change between renders. */
export function useResource<T>(read: (token: TokenSource, signal: AbortSignal) => Promise<T>) {
  const { freshToken } = useAuth();
  const [resource, setResource] = useState<Resource<T>>({ status: 'loading' });
  const [round, setRound] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    read(freshToken, abort.signal).then(
      (value) => { if (!abort.signal.aborted) setResource({ status: 'ready', value }); },
      (error: unknown) => { if (!abort.signal.aborted) setResource({ status: 'failed', error }); },
    );
    return () => { abort.abort(); };
  }, [read, freshToken, round]);

  const reload = useCallback(() => {
    setResource({ status: 'loading' });
    setRound((n) => n + 1);
  }, []);
  return { resource, reload };
}
