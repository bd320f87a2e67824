/** As much of a browser as a login takes: it keeps cookies, and follows no redirect. */
export class Browser {
  #cookies = new Map();

  /** Opens the login page at this address, signs in, and returns where the server sends the browser then. Throws if it sends it nowhere. */
  async signIn(url, username, password) {
    const page = await (await this.#fetch(url)).text();
    const form = /<form[^>]*id="kc-form-login"[^>]*>/.exec(page)?.[0] ?? '';
    const action = /action="([^"]*)"/.exec(form)?.[1];
    if (!action) throw new Error(`there is no login form at ${url}`);
    const body = new URLSearchParams({ username, password, credentialId: '' });
    return location(await this.#fetch(action.replaceAll('&amp;', '&'), { method: 'POST', body }));
  }

  /** Opens an address and returns where the server sends the browser. Throws if it sends it nowhere. */
  async open(url) {
    return location(await this.#fetch(url));
  }

  async #fetch(url, init) {
    // Keycloak's cookies are Secure on http, too, which browsers let pass on loopback addresses and cookie jars do not.
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ');
    const res = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const line of res.headers.getSetCookie()) {
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    return res;
  }
}

function location(res) {
  const to = res.headers.get('location');
  if (!to) throw new Error(`the server answered ${res.status} and leads nowhere`);
  return new URL(to);
}
