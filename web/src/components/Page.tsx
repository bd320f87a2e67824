import { useEffect, useRef, type ReactNode } from 'react';
import { NavigationType, useLocation, useNavigationType } from 'react-router';
import { words } from '../texts/frame';

interface PageProps {
  heading: string;
  title?: string; // of the browser's tab, when it should differ from the heading
  lead?: ReactNode; // one line under the heading
  children?: ReactNode;
}

/**
 * A page inside the frame. After a navigation the focus moves to its heading, so that screen readers notice, and the page
 * begins at its top. Going back, the browser itself finds the place where one had been.
 */
export function Page({ heading, title = heading, lead, children }: PageProps) {
  const h1 = useRef<HTMLHeadingElement>(null);
  const { key, pathname } = useLocation();
  const back = useNavigationType() === NavigationType.Pop;
  const noticed = useRef(key === 'default' ? pathname : undefined); // that is the key of the address that the app was opened at
  useEffect(() => {
    if (noticed.current === pathname) return; // what changes is at most the query: whoever types it wants to go on typing
    noticed.current = pathname;
    h1.current?.focus({ preventScroll: true });
    if (!back) document.documentElement.scrollTop = 0;
  }, [back, pathname]);

  return (
    <>
      <title>{words.titleOf(title)}</title>
      <header className="page-head">
        <h1 ref={h1} tabIndex={-1}>{heading}</h1>
        {lead !== undefined && <p className="muted">{lead}</p>}
      </header>
      {children}
    </>
  );
}
