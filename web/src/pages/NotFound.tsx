import { Button } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import { Page } from '../components/Page';
import { words } from '../texts/notFound';
import { words as problems } from '../texts/problems';

/** For addresses that no page lives at. Those of the API lead here, too, when somebody opens them in a browser. */
export default function NotFound() {
  const { pathname } = useLocation();
  const api = isApi(pathname);
  const heading = api ? words.apiHeading : words.heading;
  return (
    <Page heading={heading}>
      <section className="card narrow" aria-label={heading}>
        <p>{(api ? words.apiWhy : words.why)(<code>{pathname}</code>)}</p>
        <div className="actions">
          {api && <Button component="a" href="/docs" variant="filled">{words.openDocuments}</Button>}
          <Button component={Link} to="/" variant={api ? 'default' : 'filled'}>{problems.backHome}</Button>
        </div>
      </section>
    </Page>
  );
}

function isApi(path: string): boolean {
  return /^\/(api(\/|$)|secured$|protected$)/.test(path);
}
