import { Fragment, type ReactNode } from 'react';
import type { ClaimedTimes, Claims } from '../../api/claims';
import { words } from '../../texts/token';
import { Until, When } from './Times';

/** What is at hand beside the token, to explain it with. The times are by this device's clock, which may differ from the realm's. */
export interface Context {
  realm: string;
  times: ClaimedTimes;
}

/** Says a claim in a sentence; undefined where its value is not of the kind that it should be, and so means nothing. */
type Explain = (value: unknown, context: Context) => ReactNode;

const about: Record<string, Explain> = {
  iss: texts(words.iss),
  aud: texts(words.aud),
  azp: texts(words.azp),
  typ: (value) => (value === 'Bearer' ? words.typ : texts(words.typOther)(value)),
  cnf: () => words.cnf,

  sub: texts(words.sub),
  name: texts(words.name),
  given_name: texts(words.given_name),
  family_name: texts(words.family_name),
  preferred_username: texts(words.preferred_username),
  email: texts(words.email),
  email_verified: (value) => (typeof value === 'boolean' ? (value ? words.emailVerified : words.emailUnverified) : undefined),
  groups: texts(words.groups, words.noGroups),
  organization: (value) => texts(words.organization)(isObject(value) ? Object.keys(value) : value),

  realm_access: (value, { realm }) => texts((roles) => words.realmRoles(<code>{realm}</code>, roles), words.noRealmRoles(<code>{realm}</code>))(rolesIn(value)),
  resource_access: (value) => {
    if (!isObject(value)) return undefined;
    return Object.entries(value).map(([client, access]) => (
      <p key={client}>{texts((roles) => words.clientRoles(<code>{client}</code>, roles))(rolesIn(access))}</p>
    ));
  },
  scope: (value) => (typeof value === 'string' ? texts(words.scope)(value.split(' ').filter((scope) => scope !== '')) : undefined),
  'allowed-origins': texts(words.origins),

  exp: (_, { times }) => <Until at={times.expiresAt} />,
  iat: (_, { times }) => words.iat(<When at={times.issuedAt} />),
  nbf: (value) => (typeof value === 'number' && value > 0 ? words.nbf(<When at={value * 1000} />) : undefined),
  auth_time: (_, { times }) => (times.signedInAt === undefined ? undefined : words.auth_time(<When at={times.signedInAt} />)),
  acr: (value) => (value === '0' ? words.acr0 : value === '1' ? words.acr1 : texts(words.acr)(value)),
  sid: texts(words.sid),
  jti: texts(words.jti),
};

const aboutHeader: Record<string, Explain> = {
  alg: texts(words.alg),
  kid: texts(words.kid),
  typ: (value) => (value === 'JWT' ? words.jwt : texts(words.type)(value)),
};

/** A claim in a sentence; undefined for one that nobody here knows, or that is not of its kind. */
export function explainClaim(claims: Claims, claim: string, context: Context): ReactNode {
  return Object.hasOwn(about, claim) ? about[claim]?.(claims[claim], context) : undefined;
}

/** A member of the header in a sentence, likewise. */
export function explainHeader(header: Claims, member: string, context: Context): ReactNode {
  return Object.hasOwn(aboutHeader, member) ? aboutHeader[member]?.(header[member], context) : undefined;
}

/** The roles in a member such as realm_access; undefined where there is no such list. */
export function rolesIn(access: unknown): unknown {
  return isObject(access) ? access.roles ?? [] : undefined;
}

/** Whether a value is an object with members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, or several, put into a sentence. `none` is the sentence for an empty list. */
function texts(sentence: (of: ReactNode) => ReactNode, none?: ReactNode): (value: unknown) => ReactNode {
  return (value) => {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0) return none;
    return list.every((entry) => typeof entry === 'string') ? sentence(<Texts of={list} />) : undefined;
  };
}

const and = new Intl.ListFormat('en', { type: 'conjunction' });

function Texts({ of }: { of: string[] }) {
  return and.formatToParts(of).map(({ type, value }, i) => <Fragment key={i}>{type === 'element' ? <code>{value}</code> : value}</Fragment>);
}
