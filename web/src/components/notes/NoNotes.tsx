import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { words } from '../../texts/notes';
import { RequirePermission } from '../RequirePermission';

/** What is shown where notes will be. */
export function NoNotes() {
  return (
    <section className="card narrow" aria-label={words.emptyHeading}>
      <h2>{words.emptyHeading}</h2>
      <p>{words.empty}</p>
      <RequirePermission operation="createNote"><Button variant="filled" component={Link} to="/notes/new">{words.writeFirst}</Button></RequirePermission>
    </section>
  );
}
