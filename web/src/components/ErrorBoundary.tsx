import { Component, type ReactNode } from 'react';

interface ErrorBoundaryProps {
  children: ReactNode;
}

/** Catches what a page throws while it renders or loads, so that the frame around it stays usable. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="card attention" role="alert">
        <h1>This page did not load</h1>
        <p>The app may have been updated since you opened it, or something in it broke. Loading it again usually helps.</p>
        <button type="button" className="button" onClick={() => { window.location.reload(); }}>Load again</button>
      </div>
    );
  }
}
