import { handOver } from './oauth2Redirect';
import './redirect.css';

const sentence = handOver(window.location.href, window.opener);

// The code leaves the address bar, where it could be copied, and the history.
window.history.replaceState(null, '', window.location.pathname);

const outcome = document.getElementById('outcome');
if (outcome) outcome.textContent = sentence ?? 'Done: this window can be closed.';
if (sentence === undefined) window.close();
