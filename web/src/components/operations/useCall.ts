import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useApi } from '../../api/ApiProvider';
import { call, type Answer, type Call } from '../../api/call';

/** What became of a call. */
export type Outcome =
  | { status: 'asking'; call: Call }
  | { status: 'answered'; call: Call; answer: Answer }
  | { status: 'unanswered'; call: Call; error: unknown };

/** Makes calls and knows the outcome of the latest: a slower, earlier answer does not overwrite a later one. */
export function useCall() {
  const api = useApi();
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState<Outcome>();
  const latest = useRef(0);

  async function send(made: Call) {
    const turn = ++latest.current;
    setOutcome({ status: 'asking', call: made });
    const next = await call(api, made).then(
      (answer): Outcome => ({ status: 'answered', call: made, answer }),
      (error: unknown): Outcome => ({ status: 'unanswered', call: made, error }),
    );
    if (changes(made.method)) void queries.invalidateQueries({ refetchType: 'none' }); // other pages may show what it changed
    if (turn === latest.current) setOutcome(next);
  }

  return { outcome, send };
}

/** Whether a method is for changing something (RFC 9110 §9.2.1 has the safe ones). */
export function changes(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
