import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/profile';

/** What the person can change about themselves, which is all at Keycloak, and the way out. */
export function AccountCard() {
  const { accountURL, changePassword, signOut } = useAuth();
  const [leaving, setLeaving] = useState(false);
  const [failed, setFailed] = useState<string>();

  async function leave() {
    if (leaving) return;
    setLeaving(true);
    setFailed(undefined);
    try {
      await changePassword(); // resolves on the way to Keycloak: the page stays as it is until it goes
    } catch (error) {
      setLeaving(false);
      setFailed(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <section className="card" aria-label={words.account}>
      <h2>{words.account}</h2>
      <p className="muted">{words.accountWhy}</p>
      <div className="actions">
        <Button variant="filled" onClick={() => void leave()}>{leaving ? words.leaving : words.changePassword}</Button>
        <Button component="a" href={accountURL()}>{words.openAccount}</Button>
        <Button onClick={() => void signOut()}>{words.signOut}</Button>
      </div>
      {failed !== undefined && <p className="reason" role="alert"><span aria-hidden="true">✕ </span>{failed}</p>}
    </section>
  );
}
