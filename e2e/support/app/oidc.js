// The smallest app on oidc-client-ts. It has the settings that its address gives it, and shows who is signed in and what happened.
import { UserManager } from 'oidc-client-ts';

const query = new URLSearchParams(location.search);
const start = query.get('start') ?? '';
const page = `${location.origin}${location.pathname}?${new URLSearchParams({ start })}`; // without what a realm has put behind it
const users = new UserManager({ redirect_uri: page, silent_redirect_uri: page, post_logout_redirect_uri: page, ...JSON.parse(start) });
globalThis.users = users;

/** @param {string} [failure] */
async function show(failure) {
  const heading = document.querySelector('h1');
  const user = await users.getUser();
  const state = user ? `Signed in as ${user.profile.preferred_username}` : 'Signed out';
  if (heading) heading.textContent = failure ? `Failed: ${failure}` : state;
}

/** @param {string} name */
const note = (name) => () => {
  const item = document.createElement('li');
  item.textContent = name;
  document.querySelector('ol')?.append(item);
  void show();
};

users.events.addUserLoaded(note('userLoaded'));
users.events.addUserUnloaded(note('userUnloaded'));
users.events.addSilentRenewError(note('silentRenewError'));
users.events.addUserSignedIn(note('userSignedIn'));
users.events.addUserSignedOut(note('userSignedOut'));
users.events.addUserSessionChanged(note('userSessionChanged'));

/** Takes what a realm has put behind the address of the page: the answer to a login, or to a logout. */
async function takeAnswer() {
  if (query.has('code') || query.has('error')) await users.signinCallback(); // in a frame, it passes the answer to the page around
  else if (query.has('state')) await users.signoutCallback();
  history.replaceState(null, '', page);
}

// Not before the page is loaded: a test that opens it would be told that it never was, when it leaves for the login at once.
window.addEventListener('load', () => {
  takeAnswer().then(
    () => show(),
    (error) => show(error.message),
  );
});
