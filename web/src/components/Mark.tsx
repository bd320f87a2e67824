/** The mark: a keyhole in a doorway, in the colour of the text around it. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" fill="currentColor" fillRule="evenodd" aria-hidden="true">
      <path d="M3.5 23V10.5a8.5 8.5 0 0 1 17 0V23zM12 7.5a3.2 3.2 0 0 0-1.5 6L9.5 19h5l-1-5.5a3.2 3.2 0 0 0-1.5-6z" />
    </svg>
  );
}
