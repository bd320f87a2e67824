import { Notice } from './Notice';

interface InsecurePageProps {
  publicURL: string;
}

/** Explains a page that was opened over plain http on a name that is not loopback. Nothing of Keycloak was touched yet. */
export function InsecurePage({ publicURL }: InsecurePageProps) {
  const { host, hostname } = window.location;
  const port = window.location.port || '80';
  return (
    <Notice heading="This address is not secure enough to sign in">
      <p>
        The page came over plain http from <code>{host}</code>. Browsers keep the cryptography that a sign-in needs (Web Crypto)
        for https and for this machine itself.
      </p>
      <p>Ways out:</p>
      <ul>
        {publicURL.startsWith('https:') && <li>Open it at its own address: <a href={publicURL}>{publicURL}</a></li>}
        <li>Serve it over https, for example behind a proxy that has a certificate.</li>
        <li>On the machine that runs it, open <a href={`http://localhost:${port}`}>{`http://localhost:${port}`}</a>.</li>
        <li>From another machine, bring the port over, then open it at localhost: <code>{`ssh -L ${port}:localhost:${port} ${hostname}`}</code></li>
      </ul>
    </Notice>
  );
}
