// The smallest app on keycloak-js. It starts the way its address says, and shows who is signed in and what happened.
import Keycloak from 'keycloak-js';

const { config, init } = JSON.parse(new URLSearchParams(location.search).get('start') ?? '');
const keycloak = new Keycloak(config);
globalThis.keycloak = keycloak;

/** @param {string} [failure] */
function show(failure) {
  const heading = document.querySelector('h1');
  const state = keycloak.authenticated ? `Signed in as ${keycloak.idTokenParsed?.preferred_username}` : 'Signed out';
  if (heading) heading.textContent = failure ? `Failed: ${failure}` : state;
}

/** @param {string} name */
const note = (name) => (/** @type {unknown[]} */ ...details) => {
  const item = document.createElement('li');
  item.textContent = [name, ...details].join(' ');
  document.querySelector('ol')?.append(item);
  show();
};

keycloak.onReady = note('onReady');
keycloak.onAuthSuccess = note('onAuthSuccess');
keycloak.onAuthError = note('onAuthError');
keycloak.onAuthRefreshSuccess = note('onAuthRefreshSuccess');
keycloak.onAuthRefreshError = note('onAuthRefreshError');
keycloak.onAuthLogout = note('onAuthLogout');
keycloak.onTokenExpired = note('onTokenExpired');
keycloak.onActionUpdate = note('onActionUpdate');

// Not before the page is loaded: a test that opens it would be told that it never was, when it leaves for the login at once.
window.addEventListener('load', () => {
  keycloak.init(init).then(
    () => show(),
    (error) => show(error.message ?? error.error),
  );
});
