import { Link, useLocation } from 'react-router';
import { Page } from '../components/Page';

/** For addresses that no page lives at. Those of the API lead here, too, when somebody opens them in a browser. */
export default function NotFound() {
  const { pathname } = useLocation();
  if (isApi(pathname)) {
    return (
      <Page heading="An address of the API">
        <section className="card narrow" aria-label="An address of the API">
          <p><code>{pathname}</code> answers programs, which send an access token. Here you can try it with yours:</p>
          <a href="/docs" className="button">Open the API’s documents</a>
        </section>
      </Page>
    );
  }
  return (
    <Page heading="Nothing here">
      <section className="card narrow" aria-label="Not found">
        <p>No page lives at <code>{pathname}</code>. The address may be misspelt, or the page has moved.</p>
        <Link to="/" className="button">Back to home</Link>
      </section>
    </Page>
  );
}

function isApi(path: string): boolean {
  return /^\/(api(\/|$)|secured$|protected$)/.test(path);
}
