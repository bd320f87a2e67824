import type { ReactNode } from 'react';
import { words } from '../texts/frame';

interface Toast {
  message: ReactNode;
  attention?: boolean; // something that did not work
  close?: number | false; // milliseconds until it goes by itself; it stays while the pointer is on it
  onClose?: () => void;
}

/** How long a toast stays that says nothing else, in milliseconds. */
export const toastTime = 6000;

/** Tells the frame, which knows no toasts before the first one, to make a place for them. */
export const toastEvent = 'keystead:toast';

/** Says something in passing, at the edge of the page, and gives its id to take it back with. Screen readers hear it. */
export async function toast({ message, attention = false, close = toastTime, onClose }: Toast): Promise<string> {
  window.dispatchEvent(new Event(toastEvent));
  const { notifications } = await import('@mantine/notifications');
  return notifications.show({
    message, autoClose: close, withBorder: true, closeButtonProps: { 'aria-label': words.dismiss }, color: attention ? 'var(--accent)' : 'var(--primary)', ...(onClose && { onClose }),
  });
}

/** Takes a toast away. */
export async function untoast(id: string): Promise<void> {
  const { notifications } = await import('@mantine/notifications');
  notifications.hide(id);
}
