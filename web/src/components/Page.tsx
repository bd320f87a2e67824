import { useEffect, useRef, type ReactNode } from 'react';
import { useLocation } from 'react-router';

interface PageProps {
  heading: string;
  title?: string; // of the browser's tab, when it should differ from the heading
  lead?: ReactNode; // one line under the heading
  children?: ReactNode;
}

/** A page inside the frame. After a navigation the focus moves to its heading, so that screen readers notice. */
export function Page({ heading, title = heading, lead, children }: PageProps) {
  const h1 = useRef<HTMLHeadingElement>(null);
  const navigated = useLocation().key !== 'default'; // the key of the address that the app was opened at
  useEffect(() => {
    if (navigated) h1.current?.focus();
  }, [navigated]);

  return (
    <>
      <title>{`${title} · Keystead`}</title>
      <header className="page-head">
        <h1 ref={h1} tabIndex={-1}>{heading}</h1>
        {lead !== undefined && <p className="muted">{lead}</p>}
      </header>
      {children}
    </>
  );
}
