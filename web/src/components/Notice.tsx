import type { ReactNode } from 'react';

interface NoticeProps {
  heading: string;
  children: ReactNode;
}

/** A whole screen with something to say, for when there is no app to show around it. */
export function Notice({ heading, children }: NoticeProps) {
  return (
    <main className="notice">
      <title>{`${heading} · Keystead`}</title>
      <div className="card">
        <h1>{heading}</h1>
        {children}
      </div>
    </main>
  );
}
