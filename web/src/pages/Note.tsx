import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useGone } from '../api/DeletionsProvider';
import { useMe } from '../api/me';
import { useNote, type Note } from '../api/notes';
import { usePermissions } from '../api/permissions';
import { ApiError } from '../api/problem';
import { useDraft } from '../auth/drafts';
import { CardSkeleton } from '../components/CardSkeleton';
import { NoteEditor } from '../components/notes/NoteEditor';
import { NoteRead } from '../components/notes/NoteRead';
import { draftName } from '../components/notes/noteDraft';
import { useDeleteNote } from '../components/notes/useDeleteNote';
import { Page } from '../components/Page';
import { Refusal } from '../components/Refusal';
import { Resource } from '../components/Resource';
import '../styles/notes.css';
import { words } from '../texts/notes';

/** One note, to be written or read; without an id in the address a new one. */
export default function NotePage() {
  const { id } = useParams();
  return id === undefined ? <NotePlace heading={words.newHeading}><NoteEditor /></NotePlace> : <KnownNote id={id} />;
}

function KnownNote({ id }: { id: string }) {
  const note = useNote(id);
  const me = useMe();
  const [draft] = useDraft(draftName(id));
  const gone = useGone().has(id);
  const [wasGone] = useState(gone); // what is deleted here stays until the list is there
  const status = note.error instanceof ApiError ? note.error.problem.status : undefined;
  const missing = status === 404 || status === 422; // 422: no note could have that id

  if (note.error instanceof ApiError && status === 403) return <Refusal asked={words.asked} error={note.error} onAskAgain={() => void note.refetch()} />;
  if ((gone && wasGone) || (missing && draft === undefined)) return <MissingNote />;
  if (missing) return <NotePlace heading={note.data?.title ?? words.note}><NoteEditor id={id} {...(note.data && { note: note.data })} gone /></NotePlace>;
  return (
    <NotePlace heading={note.data?.title ?? words.note}>
      <Resource of={me} loading={<Loading />}>
        {({ sub }) => <Resource of={note} loading={<Loading />}>{(read) => <OwnOrOthers note={read} own={read.owner === sub} />}</Resource>}
      </Resource>
    </NotePlace>
  );
}

function OwnOrOthers({ note, own }: { note: Note; own: boolean }) {
  const { may, query } = usePermissions();
  const navigate = useNavigate();
  const remove = useDeleteNote();
  const mayChange = own && (may('replaceNote') || query.data === undefined); // the API decides where nobody knows
  if (!mayChange) return <NoteRead note={note} />;

  function removeAndLeave() {
    remove(note);
    void navigate('/notes');
  }
  return <NoteEditor id={note.id} note={note} {...(may('deleteNote') && { onDelete: removeAndLeave })} />;
}

function NotePlace({ heading, children }: { heading: string; children: ReactNode }) {
  return <Page heading={heading} lead={<Link to="/notes">{words.all}</Link>}>{children}</Page>;
}

function MissingNote() {
  return (
    <Page heading={words.missingHeading}>
      <section className="card narrow" aria-label={words.missingHeading}>
        <p>{words.missing}</p>
        <Button component={Link} to="/notes">{words.all}</Button>
      </section>
    </Page>
  );
}

function Loading() {
  return <div className="card"><CardSkeleton label={words.note} lines={6} /></div>;
}
