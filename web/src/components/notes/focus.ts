/** The id of the link to a note in a list. */
export const linkID = (noteID: string) => `note-${noteID}`;

/** Puts the focus on a note of the list, or on the page's heading where the note is not listed. */
export function focusNote(noteID: string | undefined): void {
  const link = noteID === undefined ? null : document.getElementById(linkID(noteID));
  if (link) link.focus();
  else focusHeading();
}

/** Puts the focus where a new page would have it. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>('#main h1')?.focus();
}
