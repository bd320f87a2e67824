import { Button } from '@mantine/core';
import type { SignedOutReason } from '../auth/state';
import { useAuth } from '../auth/useAuth';
import { words } from '../texts/signIn';
import { Notice } from './Notice';

interface SignedOutProps {
  reason: SignedOutReason;
}

/** What is shown while nobody is signed in; signing in leads back to the same address. */
export function SignedOut({ reason }: SignedOutProps) {
  const { signIn } = useAuth();
  const { heading, body } = words.signedOut[reason];
  const first = reason === 'never' || reason === 'here';
  return (
    <Notice heading={heading} interrupts={!first}>
      <p>{body}</p>
      <Button variant="filled" onClick={() => void signIn()}>{first ? words.signIn : words.signInAgain}</Button>
    </Notice>
  );
}
