import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { expect, it } from 'vitest';
import { ApiContext } from '../../api/ApiProvider';
import { createApi } from '../../api/client';
import { useCall } from './useCall';

/** The hook on an API that answers each path when the test says so. */
function setUp() {
  const answers = new Map<string, (answer: Response) => void>();
  const api = {
    ...createApi({ proof: () => Promise.resolve({}), renewedProof: () => Promise.resolve({}), heed: () => undefined }),
    send: ({ url }: Request) => new Promise<Response>((resolve) => { answers.set(new URL(url).pathname, resolve); }),
  };
  const queries = new QueryClient();
  queries.setQueryData(['notes'], []);
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={queries}><ApiContext value={api}>{children}</ApiContext></QueryClientProvider>;
  const { result } = renderHook(() => useCall(), { wrapper });
  return {
    result,
    stale: () => queries.getQueryState(['notes'])?.isInvalidated,
    ask: (path: string, method = 'GET') => { act(() => { void result.current.send({ method, path, headers: {} }); }); },
    answer: (path: string) => act(async () => { answers.get(path)?.(Response.json({ path })); await new Promise(setImmediate); }),
  };
}

it('does not let a slower, earlier answer overwrite a later one', async () => {
  const { result, ask, answer } = setUp();
  ask('/slow');
  ask('/quick');
  expect(result.current.outcome).toMatchObject({ status: 'asking', call: { path: '/quick' } });
  await answer('/quick');
  expect(result.current.outcome).toMatchObject({ status: 'answered', answer: { body: { path: '/quick' } } });
  await answer('/slow');
  expect(result.current.outcome).toMatchObject({ answer: { body: { path: '/quick' } } });
});

it('has what was read before read anew once a call has changed something, and only then', async () => {
  const { ask, answer, stale } = setUp();
  ask('/a');
  await answer('/a');
  expect(stale()).toBe(false);
  ask('/b', 'DELETE');
  await answer('/b');
  expect(stale()).toBe(true);
});
