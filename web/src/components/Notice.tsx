import { useEffect, useRef, type ReactNode } from 'react';
import { words } from '../texts/frame';
import { Mark } from './Mark';

interface NoticeProps {
  heading: string;
  interrupts?: boolean; // it comes in the place of what the person was at
  children: ReactNode;
}

/** A whole screen with something to say, for when there is no app to show around it. One that interrupts takes the focus, so that screen readers notice. */
export function Notice({ heading, interrupts = false, children }: NoticeProps) {
  const h1 = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (interrupts) h1.current?.focus();
  }, [interrupts]);

  return (
    <main className="notice">
      <title>{words.titleOf(heading)}</title>
      <p className="brand"><Mark />{words.app}</p>
      <div className="card">
        <h1 ref={h1} tabIndex={-1}>{heading}</h1>
        {children}
      </div>
    </main>
  );
}
