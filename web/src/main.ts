import { destination } from './auth/deepLink';
import { createKeycloak, limitTokenRequests } from './auth/keycloak';
import { Session } from './auth/session';
import { canonicalURL, readSettings, type Settings } from './environment';
import './styles/index.css';
import { words } from './texts/frame';

// All that is shown comes beside this: whoever must go to the realm first does not wait for it.
const view = import('./view');

// A page that the browser kept for "Back" shows a session that may be over: it loads anew.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});

await readSettings().then(open, async (error: unknown) => { (await view).showSettingsFailure(error); }).catch(sayBroken);

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

/** Says that there is nothing to show, without any of what shows things: after an update of the app that may be gone. */
function sayBroken(): void {
  const again = Object.assign(document.createElement('a'), { href: '', textContent: words.loadAgain });
  document.querySelector('main [role="status"]')?.replaceChildren(words.broke, again);
}
