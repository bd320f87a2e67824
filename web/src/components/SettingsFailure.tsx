import { Notice } from './Notice';

interface SettingsFailureProps {
  error: unknown;
}

/** Shown when the page could not learn which realm to use. */
export function SettingsFailure({ error }: SettingsFailureProps) {
  return (
    <Notice heading="The settings could not be read">
      <p>The server of this app did not say which realm to sign in at: {error instanceof Error ? error.message : String(error)}. Is it running?</p>
      <button type="button" className="button primary" onClick={() => { window.location.reload(); }}>Try again</button>
    </Notice>
  );
}
