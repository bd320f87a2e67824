import { Link, useLocation } from 'react-router';
import { Page } from '../components/Page';

/** For addresses that no page lives at. */
export default function NotFound() {
  const { pathname } = useLocation();
  return (
    <Page heading="Nothing here">
      <section className="card narrow" aria-label="Not found">
        <p>No page lives at <code>{pathname}</code>. The address may be misspelt, or the page has moved.</p>
        <Link to="/" className="button">Back to home</Link>
      </section>
    </Page>
  );
}
