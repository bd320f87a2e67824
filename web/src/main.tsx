import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { createKeycloak, limitTokenRequests } from './auth/keycloak';
import { Session } from './auth/session';
import { InsecurePage } from './components/InsecurePage';
import { SettingsFailure } from './components/SettingsFailure';
import { canonicalURL, readSettings, type Settings } from './environment';
import './styles/index.css';

// A page that the browser kept for "Back" shows a session that may be over: it loads anew.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});

await readSettings().then(open, (error: unknown) => { show(<SettingsFailure error={error} />); });

function open(settings: Settings): void {
  const elsewhere = canonicalURL(window.location.href, settings.publicURL);
  if (elsewhere !== undefined) {
    window.location.replace(elsewhere);
  } else if (!window.isSecureContext) {
    show(<InsecurePage publicURL={settings.publicURL} />); // before keycloak-js is touched: it needs Web Crypto
  } else {
    limitTokenRequests(settings);
    const session = new Session(settings, createKeycloak(settings));
    void session.start();
    show(<App session={session} />);
  }
}

function show(page: ReactNode): void {
  const root = document.getElementById('root');
  if (root) createRoot(root).render(<StrictMode>{page}</StrictMode>);
}
