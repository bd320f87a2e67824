import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'react-router';

/**
 * The state of a panel behind a button, such as the main menu on a phone. It closes with the page that it was opened on, by
 * Escape, which gives the focus back to the button, and when something outside is pressed or focused, as it may cover that.
 */
export function useMenuPanel() {
  const { pathname } = useLocation();
  const [openAt, setOpenAt] = useState<string>();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLElement>(null);
  const open = openAt === pathname;

  useEffect(() => {
    if (!open) return;
    const closing = new AbortController();
    const { signal } = closing;
    const leave = ({ target }: Event) => {
      const inside = target instanceof Node && [button, panel].some(({ current }) => current?.contains(target));
      if (!inside) setOpenAt(undefined);
    };
    window.addEventListener('pointerdown', leave, { signal });
    window.addEventListener('focusin', leave, { signal });
    window.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape') return;
      setOpenAt(undefined);
      button.current?.focus();
    }, { signal });
    return () => { closing.abort(); };
  }, [open]);

  return { open, button, panel, toggle: () => { setOpenAt(open ? undefined : pathname); }, close: () => { setOpenAt(undefined); } };
}
