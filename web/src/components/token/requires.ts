const condition = '(?:realm role|role|scope|group|organization|authentication level|claim|not) ';
const between = new RegExp(` (?:or|and) (?=${condition})`);

/**
 * The conditions that a policy in the API's words is made of, such as "realm role admin or auditor" in "realm role admin or
 * auditor and (claim tenant or scope all)". What must not be the case is left out: it opens nothing.
 */
export function conditions(requires: string): string[] {
  let text = requires;
  for (let before = ''; before !== text;) {
    before = text;
    text = text.replace(/not \([^()]*\)/g, 'not this').replace(/(?<!not )\(([^()]*)\)/g, '$1'); // from the inside out
  }
  return text.split(between).filter((part) => !part.startsWith('not '));
}

/** Whether a policy names a role: of the realm, or of a client. */
export function namesRole(requires: string, role: string, client?: string): boolean {
  return conditions(requires).some((part) => {
    const [, roles, of] = (client === undefined ? /^realm role (.+)$/ : /^role (.+) of client (.+)$/).exec(part) ?? [];
    return roles?.split(' or ').includes(role) === true && of === client;
  });
}

/** What a policy says when it goes by a claim. */
const kinds: Record<string, RegExp> = {
  realm_access: /^realm role /,
  resource_access: /^role .+ of client /,
  scope: /^scope /,
  groups: /^group /,
  organization: /^organization /,
  acr: /^authentication level /,
};

/** Whether a policy goes by a claim of the token. */
export function namesClaim(requires: string, claim: string): boolean {
  return conditions(requires).some((part) => {
    const [, path] = /^claim (\S+)/.exec(part) ?? [];
    return kinds[claim]?.test(part) ?? (path === claim || path?.startsWith(`${claim}.`) === true);
  });
}
