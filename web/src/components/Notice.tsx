import type { ReactNode } from 'react';
import { words } from '../texts/frame';
import { Mark } from './Mark';

interface NoticeProps {
  heading: string;
  children: ReactNode;
}

/** A whole screen with something to say, for when there is no app to show around it. */
export function Notice({ heading, children }: NoticeProps) {
  return (
    <main className="notice">
      <title>{words.titleOf(heading)}</title>
      <p className="brand"><Mark />{words.app}</p>
      <div className="card">
        <h1>{heading}</h1>
        {children}
      </div>
    </main>
  );
}
