import '@mantine/core/styles/CloseButton.css';
import '@mantine/core/styles/Notification.css';
import '@mantine/notifications/styles.css';
import { Notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import '../styles/toasts.css';

/** Where toasts appear. */
export default function Toasts(): ReactNode {
  return <Notifications position="bottom-right" />;
}
