import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import { canonicalURL, readSettings, type Settings } from '../environment';
import './swagger.css';

// Swagger UI has a dark scheme, but no eye for what the reader prefers.
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followScheme);
followScheme();

await readSettings().then(open, (error: unknown) => {
  tell(`The server did not say which realm to sign in at: ${error instanceof Error ? error.message : String(error)}. Is it running?`);
});

function open(settings: Settings): void {
  const elsewhere = canonicalURL(window.location.href, settings.publicURL);
  if (elsewhere !== undefined) {
    window.location.replace(elsewhere);
    return;
  }
  if (!window.isSecureContext) {
    tell(
      `This page came over plain http from ${window.location.host}: a token that you get or send here can be read on the way, `
      + 'and browsers keep the cryptography of a safe sign-in (Web Crypto) for https and for this machine itself. Use https, or localhost.',
    );
  }
  const ui = SwaggerUI({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    oauth2RedirectUrl: `${window.location.origin}/docs/oauth2-redirect.html`,
    validatorUrl: 'none', // otherwise a service elsewhere learns the document's address
    persistAuthorization: false, // no token in storage
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    syntaxHighlight: { theme: 'obsidian' }, // the numbers of the usual one are hard to read
  });
  ui.initOAuth({ clientId: settings.clientID, scopes: 'openid', usePkceWithAuthorizationCodeGrant: true });
}

function tell(sentence: string): void {
  const notice = document.getElementById('notice');
  if (!notice) return;
  notice.textContent = sentence;
  notice.hidden = false;
}
