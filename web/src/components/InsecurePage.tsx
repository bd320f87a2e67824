import type { Settings } from '../environment';
import { words } from '../texts/signIn';
import { Notice } from './Notice';

interface InsecurePageProps {
  settings: Settings;
}

/** Explains a page that was opened over plain http on a name that is not loopback. Nothing of Keycloak was touched yet. */
export function InsecurePage({ settings: { loginMode, publicURL } }: InsecurePageProps) {
  const { host, hostname } = window.location;
  const port = window.location.port || '80';
  const local = `http://localhost:${port}`;
  const { heading, why, whySession, waysOut, ownAddress, serveSecurely, onItsMachine, bringOver } = words.insecure;
  return (
    <Notice heading={heading}>
      <p>{(loginMode === 'session' ? whySession : why)(<code>{host}</code>)}</p>
      <p>{waysOut}</p>
      <ul>
        {publicURL.startsWith('https:') && <li>{ownAddress(<a href={publicURL}>{publicURL}</a>)}</li>}
        <li>{serveSecurely}</li>
        <li>{onItsMachine(<a href={local}>{local}</a>)}</li>
        <li>{bringOver(port, hostname)}</li>
      </ul>
    </Notice>
  );
}
