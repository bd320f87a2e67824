import { Button } from '@mantine/core';
import { useEffect, useId, useState } from 'react';
import { Link } from 'react-router';
import { curl } from '../../api/curl';
import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/token';
import { useCopy } from '../useCopy';

interface TokenProps {
  freshToken: () => Promise<string>;
}

/** The token for use outside of this page, or why there is none. */
export function Elsewhere() {
  const { freshToken } = useAuth();
  return freshToken === undefined ? <Kept /> : <Here freshToken={freshToken} />;
}

/** No token is in this browser: nothing that runs in it can take one away. */
function Kept() {
  return (
    <section className="card" aria-label={words.kept}>
      <h2>{words.kept}</h2>
      <p>{words.keptWhy}</p>
      <p className="hint">{words.keptElse(<Link to="/operations">{words.api}</Link>)}</p>
    </section>
  );
}

/** As a command on the clipboard, and, after a deliberate click, as it is. */
function Here({ freshToken }: TokenProps) {
  const { outcome, copy } = useCopy();
  const [shown, setShown] = useState(false);
  const raw = useId();

  useEffect(() => {
    const hide = () => { if (document.hidden) setShown(false); }; // nobody is looking, or somebody else is about to
    document.addEventListener('visibilitychange', hide);
    return () => { document.removeEventListener('visibilitychange', hide); };
  }, []);

  return (
    <section className="card" aria-label={words.elsewhere}>
      <h2>{words.elsewhere}</h2>
      <p>{words.elsewhereWhy}</p>
      <div className="token-buttons">
        <Button onClick={() => void copy(async () => curl({ method: 'GET', path: '/api/me', headers: {} }, await freshToken()))}>{words.copyCurl}</Button>
        <Button aria-expanded={shown} aria-controls={shown ? raw : undefined} onClick={() => { setShown(!shown); }}>{shown ? words.hideRaw : words.showRaw}</Button>
        <p className="hint" role="status">{outcome === 'copied' && words.copied}{outcome === 'refused' && words.copyRefused}</p>
      </div>
      {shown && <div id={raw} className="raw"><Raw freshToken={freshToken} /></div>}
    </section>
  );
}

/** The token itself, and its successor once it is renewed. It is in the page for as long as this is. */
function Raw({ freshToken }: TokenProps) {
  const { state } = useAuth();
  const [token, setToken] = useState<string>();
  useEffect(() => {
    let over = false;
    freshToken().then((fresh) => { if (!over) setToken(fresh); }, () => { if (!over) setToken(''); });
    return () => { over = true; };
  }, [state, freshToken]); // the state changes with each renewal

  return (
    <>
      <p><span className="warning" aria-hidden="true">! </span>{words.rawWarning}</p>
      {token === '' && <p>{words.noToken}</p>}
      {token !== undefined && token !== '' && <pre className="json" aria-label={words.raw}><code>{token}</code></pre>}
    </>
  );
}
