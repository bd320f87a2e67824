import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useMe } from '../api/me';
import type { ApiError } from '../api/problem';
import { useAuth } from '../auth/useAuth';
import { words } from '../texts/problems';
import { Chips } from './Chips';
import { Facts } from './Facts';
import { Page } from './Page';
import { ProblemFacts } from './ProblemFacts';

interface RefusalProps {
  asked: string; // what the person wanted, as the end of "You asked for …"
  error: ApiError;
  onAskAgain: () => void;
  instead?: ReactNode; // a way to something of that kind that is theirs
}

/** A refusal is a page: what was asked, what is missing, who could grant it, what to quote, a way back. */
export function Refusal({ asked, error, onAskAgain, instead }: RefusalProps) {
  const { settings } = useAuth();
  return (
    <Page heading={words.refused} lead={words.askedFor(asked)}>
      <section className="card refused narrow" aria-label={words.reason}>
        <p className="reason"><span aria-hidden="true">✕ </span>{error.message}</p>
        {error.problem.code === 'role_missing' && <OwnRoles />}
        <p>{words.whoGrants(<code>{settings.realm}</code>)}</p>
        <ProblemFacts problem={error.problem} />
        <div className="actions">
          {instead}
          <Button component={Link} to="/">{words.backHome}</Button>
          <Button onClick={onAskAgain}>{words.askAgain}</Button>
        </div>
      </section>
    </Page>
  );
}

/** Beside the role that is missing: those that are there. */
function OwnRoles() {
  const { data: me } = useMe();
  if (me === undefined || me.roles.length === 0) return null;
  return <Facts of={[[words.youHave, <Chips label={words.youHave} of={me.roles} />]]} />;
}
