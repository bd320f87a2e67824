import { useAuth } from '../auth/useAuth';
import { words } from '../texts/home';
import { Until } from './Until';

/** Where the person is signed in, and for how long, in one line. */
export function SessionLine() {
  const { settings, state } = useAuth();
  const idleEndsAt = state.status === 'signedIn' ? state.times.idleEndsAt : undefined;
  return (
    <>
      {words.signedInTo(settings.realm)}
      {idleEndsAt !== undefined && <>{' '}{words.sessionEnds(<Until time={new Date(idleEndsAt)} />)}</>}
    </>
  );
}
