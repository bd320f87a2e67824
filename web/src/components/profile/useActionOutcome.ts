import { useEffect } from 'react';
import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/profile';
import { toast } from '../toast';

const said = { success: words.passwordChanged, cancelled: words.passwordKept, error: words.passwordFailed };

/** Tells once what became of a change of the password, for which the person had left for Keycloak. */
export function useActionOutcome(): void {
  const { takeActionOutcome } = useAuth();
  useEffect(() => {
    const outcome = takeActionOutcome();
    if (outcome?.action === 'UPDATE_PASSWORD') void toast({ message: said[outcome.status], attention: outcome.status === 'error' });
  }, [takeActionOutcome]);
}
