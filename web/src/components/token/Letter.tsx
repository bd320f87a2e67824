import type { ReactNode } from 'react';
import type { Claims } from '../../api/claims';
import { usePermissions } from '../../api/permissions';
import { words } from '../../texts/token';
import { namesClaim } from './requires';
import { explainClaim, explainHeader, type Context } from './sentences';

interface LetterProps {
  header: Claims;
  claims: Claims;
  context: Context;
}

/** The order of the letter. What is in none of these, or cannot be explained, is what the realm has added. */
const paragraphs: readonly (readonly [heading: string, claims: readonly string[]])[] = [
  [words.parties, ['iss', 'aud', 'azp', 'typ', 'cnf']],
  [words.you, ['sub', 'name', 'given_name', 'family_name', 'preferred_username', 'email', 'email_verified', 'groups', 'organization']],
  [words.rights, ['realm_access', 'resource_access', 'scope', 'allowed-origins']],
  [words.life, ['exp', 'iat', 'nbf', 'auth_time', 'acr', 'sid', 'jti']],
];

/** What the verifier of the API looks at in every token, whatever the operation. The app that sends it only where that is set. */
const judged = ['iss', 'aud', 'exp', 'iat', 'nbf', 'typ', 'cnf'];
const judgedOfHeader = ['alg', 'kid', 'typ'];

/** The token as a letter: each claim in a sentence, with a word on whether the API goes by it. */
export function Letter({ header, claims, context }: LetterProps) {
  const { data: permissions = [] } = usePermissions().query;
  const markOf = (claim: string) => (judged.includes(claim) ? words.everyCall
    : permissions.some(({ requires }) => namesClaim(requires, claim)) ? words.someCalls : undefined);
  const explained = paragraphs.map(([heading, names]) => [heading, names.flatMap((claim) => {
    const sentence = Object.hasOwn(claims, claim) ? explainClaim(claims, claim, context) : undefined;
    return sentence === undefined ? [] : [{ claim, sentence, mark: markOf(claim) }];
  })] as const);
  const known = new Set(explained.flatMap(([, lines]) => lines.map(({ claim }) => claim)));
  const added = Object.keys(claims).filter((claim) => !known.has(claim));

  return (
    <section className="card wide letter" aria-label={words.letter}>
      <h2>{words.letter}</h2>
      {explained.map(([heading, lines]) => <Paragraph key={heading} heading={heading} lines={lines} />)}
      <Paragraph heading={words.added} why={words.addedWhy} lines={added.map((claim) => ({ claim, sentence: <Plain value={claims[claim]} />, mark: markOf(claim) }))} />
      <Paragraph
        heading={words.seal}
        lines={Object.keys(header).map((member) => ({
          claim: member, sentence: explainHeader(header, member, context) ?? <Plain value={header[member]} />, mark: judgedOfHeader.includes(member) ? words.everyCall : undefined,
        }))}
      />
    </section>
  );
}

interface Line {
  claim: string;
  sentence: ReactNode;
  mark: string | undefined;
}

function Paragraph({ heading, why, lines }: { heading: string; why?: string; lines: readonly Line[] }) {
  if (lines.length === 0) return null;
  return (
    <div className="paragraph">
      <h3>{heading}</h3>
      {why !== undefined && <p className="hint">{why}</p>}
      <dl>
        {lines.map(({ claim, sentence, mark }) => (
          <div key={claim}>
            <dt><code>{claim}</code></dt>
            <dd>{sentence}</dd>
            {mark !== undefined && <dd className="mark-word">{mark}</dd>}
          </div>
        ))}
      </dl>
    </div>
  );
}

/** A value that nobody here knows the meaning of, as it stands. */
function Plain({ value }: { value: unknown }) {
  return <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>;
}
