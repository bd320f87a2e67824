import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { ApiContext } from '../api/ApiProvider';
import { words } from '../texts/problems';
import { Copyable } from './Copyable';
import { Page } from './Page';

interface ErrorBoundaryProps {
  children: ReactNode;
}

interface Failed {
  error: unknown;
}

/** Catches what a page throws while it renders or loads, so that the frame around it stays usable. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { failed?: Failed }> {
  static override contextType = ApiContext;
  declare context: React.ContextType<typeof ApiContext>;

  override state: { failed?: Failed } = {};

  static getDerivedStateFromError(error: unknown) {
    return { failed: { error } };
  }

  override render() {
    const { failed } = this.state;
    return failed === undefined ? this.props.children : <Broken error={failed.error} requestID={this.context?.latestRequestID()} />;
  }
}

interface BrokenProps {
  error: unknown;
  requestID: string | undefined;
}

function Broken({ error, requestID }: BrokenProps) {
  const missing = isMissing(error);
  return (
    <Page heading={missing ? words.pageMissing : words.pageBroke}>
      <section className="card attention narrow" role="alert">
        <p>{missing ? words.pageMissingWhy : words.pageBrokeWhy}</p>
        {!missing && requestID !== undefined && <div><p>{words.quote}</p><Copyable text={requestID} label={words.copyRequestID} /></div>}
        <Button variant="filled" onClick={() => { window.location.reload(); }}>{words.loadAgain}</Button>
      </section>
    </Page>
  );
}

/**
 * Whether a part of the app could not be fetched, which after an update of the server is no longer there. In the words of
 * Chromium, Firefox, Safari, and of Vite for styles.
 */
function isMissing(error: unknown): boolean {
  return error instanceof Error && /dynamically imported module|Importing a module script failed|Unable to preload CSS/i.test(error.message);
}
