import { useEffect, useState } from 'react';
import type { Failure } from '../auth/state';
import { words } from '../texts/signIn';

const soonest = 5; // seconds

interface RetryCountdownProps {
  failure: Failure; // a new one starts the count again
  onRetry: () => Promise<void>;
}

/** Counts down to the next attempt and makes it. */
export function RetryCountdown({ failure, onRetry }: RetryCountdownProps) {
  const seconds = Math.max(soonest, 'retryIn' in failure ? failure.retryIn ?? 0 : 0); // as the server asks for
  const [failed, setFailed] = useState(failure);
  const [left, setLeft] = useState(seconds);
  if (failed !== failure) {
    setFailed(failure);
    setLeft(seconds);
  }

  useEffect(() => {
    const timer = setTimeout(() => {
      setLeft(left - 1);
      if (left === 1) void onRetry();
    }, 1000);
    if (left === 0) clearTimeout(timer); // the attempt is under way
    return () => { clearTimeout(timer); };
  }, [left, onRetry]);

  return <p role="timer" className="muted">{left > 0 ? words.retryingIn(left) : words.retrying}</p>;
}
