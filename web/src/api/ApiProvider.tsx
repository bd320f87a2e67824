import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createContext, use, useState, type ReactNode } from 'react';
import { useAuth } from '../auth/useAuth';
import { NoTokenError } from '../auth/state';
import { createApi, type Api } from './client';
import { ApiError, UnreadableError } from './problem';

export const ApiContext = createContext<Api | undefined>(undefined);

/** Gives the components below it the API, with a memory for what it said. What one person read is gone when they sign out. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const { proof, renewedProof, heed } = useAuth();
  const [api] = useState(() => createApi({ proof, renewedProof, heed }));
  const [queries] = useState(createQueries);
  return (
    <QueryClientProvider client={queries}>
      <ApiContext value={api}>{children}</ApiContext>
    </QueryClientProvider>
  );
}

/** The API. Throws outside ApiProvider. */
export function useApi(): Api {
  const api = use(ApiContext);
  if (api === undefined) throw new Error('useApi needs an ApiProvider above it');
  return api;
}

function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        // A connection that broke is worth a second try. What the API answered, it would answer again.
        retry: (failures, error) => failures < 1 && ![ApiError, NoTokenError, UnreadableError].some((final) => error instanceof final),
        retryDelay: 500,
      },
    },
  });
}
