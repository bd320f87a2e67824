import { destination } from './auth/deepLink';
import { createKeycloak, limitTokenRequests } from './auth/keycloak';
import { Session } from './auth/session';
import { canonicalURL, readSettings, type Settings } from './environment';
import './styles/index.css';

// All that is shown comes beside this: whoever must go to the realm first does not wait for it.
const view = import('./view');

// A page that the browser kept for "Back" shows a session that may be over: it loads anew.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});

await readSettings().then(open, async (error: unknown) => { (await view).showSettingsFailure(error); });

async function open(settings: Settings): Promise<void> {
  const elsewhere = canonicalURL(window.location.href, settings.publicURL);
  if (elsewhere !== undefined) {
    window.location.replace(elsewhere);
  } else if (!window.isSecureContext) {
    (await view).showInsecurePage(settings.publicURL); // before keycloak-js is touched: it needs Web Crypto
  } else {
    limitTokenRequests(settings);
    const session = new Session(settings, createKeycloak(settings));
    const page = destination();
    void session.start();
    (await view).showApp(session, page);
  }
}
