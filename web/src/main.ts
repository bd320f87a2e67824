import { destination } from './auth/deepLink';
import type { Session } from './auth/session';
import { cannotSignIn, canonicalURL, readSettings, type Settings } from './environment';
import './styles/index.css';
import { words } from './texts/frame';

// All that is shown comes beside this: whoever must go to the realm first does not wait for it.
const view = import('./view');
view.catch(() => undefined); // whoever waits for it, later, says so

// A page that the browser kept for "Back" shows a session that may be over: it loads anew.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});

await readSettings().then(open, async (error: unknown) => { (await view).showSettingsFailure(error); }).catch(sayBroken);

async function open(settings: Settings): Promise<void> {
  const elsewhere = canonicalURL(window.location.href, settings.publicURL);
  if (elsewhere !== undefined) {
    window.location.replace(elsewhere);
  } else if (cannotSignIn(settings)) {
    (await view).showInsecurePage(settings); // before keycloak-js is touched: it needs Web Crypto
  } else {
    const session = await openSession(settings);
    const page = destination();
    void session.start();
    (await view).showApp(session, page);
  }
}

/** Each kind of session comes by itself: keycloak-js is for pages that hold tokens. */
async function openSession(settings: Settings): Promise<Session> {
  const kind = settings.loginMode === 'session' ? import('./auth/serverSession') : import('./auth/keycloakSession');
  return (await kind).openSession(settings);
}

/** Says that there is nothing to show, without any of what shows things: after an update of the app that may be gone. */
function sayBroken(): void {
  const again = Object.assign(document.createElement('a'), { href: '', textContent: words.loadAgain });
  document.querySelector('main [role="status"]')?.replaceChildren(words.broke, again);
}
