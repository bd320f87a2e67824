import { screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import document from '../../../api/testdata/openapi.json';
import { failOnComplaints } from '../test/complaints';
import { renderApp, renderAtServer } from '../test/renderApp';
import { adminMissing, permissions, problem, server } from '../test/server';

const notes = [
  { operation: 'listNotes', method: 'GET', path: '/api/notes', summary: 'The caller\'s notes' },
  { operation: 'createNote', method: 'POST', path: '/api/notes', summary: 'Write a note' },
  { operation: 'replaceNote', method: 'PUT', path: '/api/notes/{id}', summary: 'Change a note' },
  { operation: 'deleteNote', method: 'DELETE', path: '/api/notes/{id}', summary: 'Delete a note' },
].map((entry) => ({ ...entry, requires: 'claim sub', allowed: true, open: false }));

failOnComplaints();
beforeEach(() => { server.use(http.get('/openapi.json', () => HttpResponse.json(document))); });

/** The API has these operations and no others. */
function only(...operations: object[]) {
  server.use(http.get('/api/me/permissions', () => HttpResponse.json({ operations })));
}

/** Opens an operation and gives what is in its form. */
async function open(user: UserEvent, name: string) {
  await user.click(await screen.findByRole('button', { name }));
  return within(await screen.findByRole('form', { name }));
}

const answer = () => within(screen.getByRole('region', { name: 'Answer' }));

describe('the list of operations', () => {
  it('says of each whether one may, what it requires and what is missing', async () => {
    server.use(permissions({ showReport: adminMissing }));
    await renderApp('/operations');
    const guarded = within(await screen.findByRole('list', { name: 'With your token' })).getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(guarded[0]).toBe('GET\u00a0/api/me✓ AllowedWho is callingRequires a token.');
    expect(guarded[4]).toBe('GET\u00a0/api/admin/reports✕ RefusedWhat was allowed and refusedRequires realm role admin.Requires one of: admin.');
    expect(guarded[5]).toBe('GET\u00a0/api/departments/{department}/brief! DependsThe brief of one\'s own departmentRequires claim department equal to the address\'s department.Only where department is engineering.');
    const open = within(screen.getByRole('list', { name: 'Open to everybody' })).getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(open).toEqual(['GET\u00a0/healthWhether the process livesNeeds no token.']);
    expect(screen.queryByRole('searchbox')).toBeNull(); // there are few
    expect(screen.getByRole('link', { name: 'Read the whole document' }).getAttribute('href')).toBe('/docs');
  });

  it('can be searched when it is long', async () => {
    only(...notes, ...notes.map((note) => ({ ...note, operation: `${note.operation}2` })), ...notes.map((note) => ({ ...note, operation: `${note.operation}3`, summary: 'Another' })));
    const { user } = await renderApp('/operations');
    const search = await screen.findByRole('searchbox', { name: 'Find an operation' });
    await user.type(search, 'put note');
    expect(screen.getByText('3 of 12 operations').getAttribute('role')).toBe('status');
    expect(screen.getAllByRole('button', { name: 'PUT /api/notes/{id}' })).toHaveLength(3);
    expect(screen.queryByRole('button', { name: 'GET /api/notes' })).toBeNull();
    await user.type(search, ' nothing');
    expect(screen.getByText(/^No operation has “put note nothing”/)).toBeTruthy();
  });

  it('says when it cannot be had, and asks again', async () => {
    server.use(http.get('/api/me/permissions', () => problem(503, 'keys_unavailable', 'No keys yet'), { once: true }));
    const { user } = await renderApp('/operations');
    expect(await screen.findByText('No keys yet')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('button', { name: 'GET /secured' })).toBeTruthy();
  });

  it('opens one at a time, and keeps what was typed and answered in the others', async () => {
    server.use(http.get('/protected', () => HttpResponse.json({ message: 'Received' })));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /protected');
    await user.type(form.getByRole('textbox', { name: /^message/ }), 'hi');
    await user.click(form.getByRole('button', { name: 'Send' }));
    await answer().findByText('200 allowed');
    await open(user, 'GET /secured');
    expect(screen.getAllByRole('button', { expanded: true }).map((button) => button.getAttribute('aria-label'))).toEqual(['GET /secured']);
    expect(answer().queryByText('200 allowed')).toBeNull();
    await open(user, 'GET /protected');
    expect(answer().getByText('200 allowed')).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: /^message/ }).value).toBe('hi');
  });

  it('opens the operation that the address names, by the keyboard closes it', async () => {
    const { user } = await renderApp('/operations#showReport');
    const button = await screen.findByRole('button', { name: 'GET /api/admin/reports', expanded: true });
    button.focus();
    await user.keyboard('{Enter}');
    expect(button.getAttribute('aria-expanded')).toBe('false');
    expect(screen.queryByRole('form')).toBeNull();
  });
});

describe('calling the API', () => {
  it('says beforehand what will be refused, and lets it be tried', async () => {
    server.use(permissions({ showReport: adminMissing }), http.get('/api/admin/reports', () => problem(403, 'role_missing', 'Requires one of: admin')));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /api/admin/reports');
    await user.click(form.getByRole('button', { name: 'Send', description: 'Refused. Requires one of: admin' }));
    expect(await answer().findByText('403 Requires one of: admin')).toBeTruthy();
    const other = await open(user, 'GET /secured');
    expect(other.getByRole('button', { name: 'Send', description: 'Allowed' })).toBeTruthy();
  });

  it('goes by the department that was typed', async () => {
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /api/departments/{department}/brief');
    const department = form.getByRole<HTMLInputElement>('combobox', { name: /^department/ });
    expect(department.value).toBe('engineering'); // one's own
    const button = form.getByRole('button', { name: 'Send', description: 'Allowed. Only where department is engineering' });
    await user.clear(department);
    await user.type(department, 'a/b?c');
    expect(form.getByRole('button', { description: 'Refused. Only where department is engineering' })).toBe(button);
    await user.click(button);
    expect(await answer().findByText(/^403 .* not a\/b\?c$/)).toBeTruthy();
    expect(answer().getByText('GET /api/departments/a%2Fb%3Fc/brief')).toBeTruthy();
  });

  it('asks for a department before it asks the API', async () => {
    server.use(permissions({ showBrief: { allowed: false, code: 'claim_missing', missing: 'Requires the claim department', where: undefined } }));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /api/departments/{department}/brief');
    expect(form.getByRole<HTMLInputElement>('textbox', { name: /^department/ }).value).toBe('');
    await user.click(form.getByRole('button', { name: 'Send', description: 'Refused. Requires the claim department' }));
    expect(answer().getByText(/^Press Send/)).toBeTruthy();
  });

  it('brings an answer into view that came below the screen, once it is there', async () => {
    const into = vi.fn();
    Element.prototype.scrollIntoView = into; // jsdom lays nothing out, and has none
    vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 2000, 300, 300));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /api/departments/{department}/brief');
    expect(into).not.toHaveBeenCalled();
    await user.click(form.getByRole('button', { name: 'Send' }));
    await answer().findByText('200 allowed');
    expect(into).toHaveBeenCalledOnce();

    await user.click(screen.getByRole('button', { expanded: true }));
    await user.click(screen.getByRole('button', { name: 'GET /api/departments/{department}/brief' }));
    expect(answer().getByText('200 allowed')).toBeTruthy();
    expect(into, 'an answer that was seen stays where it is').toHaveBeenCalledOnce();
  });

  it('shows a refusal with its code, its request id and the headers that say more', async () => {
    server.use(http.get('/secured', () => HttpResponse.json(
      { status: 401, title: 'Unauthorized', detail: 'audience "x" holds none of "keystead-api"', code: 'token_audience' },
      { status: 401, headers: { 'X-Request-Id': 'req-1', 'WWW-Authenticate': 'Bearer error="invalid_token"', 'Retry-After': '3' } },
    )));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /secured');
    await user.click(form.getByRole('button', { name: 'Send' }));
    expect(await answer().findByText('401 audience "x" holds none of "keystead-api"')).toBeTruthy();
    for (const said of ['token_audience', 'req-1', 'Bearer error="invalid_token"', '3']) expect(answer().getByText(said)).toBeTruthy();
  });

  it('says when no answer came, and asks the same again', async () => {
    server.use(
      http.get('/secured', () => HttpResponse.error(), { once: true }),
      http.get('/secured', () => HttpResponse.json({ claims: { sub: 'alice-1' } })),
    );
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /secured');
    await user.click(form.getByRole('button', { name: 'Send' }));
    await user.click(await answer().findByRole('button', { name: 'Try again' }));
    expect(await answer().findByText('200 allowed')).toBeTruthy();
    expect(screen.getByRole('region', { name: 'Answer' }).textContent).toContain('"sub": "alice-1"');
  });

  it('sends a message of one\'s own, and none where none is typed', async () => {
    server.use(http.get('/protected', ({ request }) => HttpResponse.json({ query: new URL(request.url).search })));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /protected');
    await user.click(form.getByRole('button', { name: 'Send' }));
    expect(await answer().findByText(/"query": ""/)).toBeTruthy();
    await user.type(form.getByRole('textbox', { name: /^message/ }), 'a&b c');
    await user.click(form.getByRole('button', { name: 'Send' }));
    expect(await answer().findByText(/"query": "\?message=a%26b\+c"/)).toBeTruthy();
  });

  it('shows an answer that is no JSON as it came', async () => {
    server.use(http.get('/secured', () => HttpResponse.html('<h1>Bad gateway</h1>', { status: 502 })));
    const { user } = await renderApp('/operations');
    await user.click((await open(user, 'GET /secured')).getByRole('button', { name: 'Send' }));
    expect(await answer().findByText('502 The server answered with 502')).toBeTruthy();
    expect(answer().getByText('<h1>Bad gateway</h1>')).toBeTruthy();
  });
});

describe('calls that change something', () => {
  it('start with the document\'s example, and send what was made of it', async () => {
    only(...notes);
    let sent: unknown;
    server.use(http.post('/api/notes', async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json({ id: 'n1' }, { status: 201, headers: { Location: '/api/notes/n1', ETag: '"1"' } });
    }));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'POST /api/notes');
    expect(form.getByText('This call changes something.')).toBeTruthy();
    const body = form.getByRole<HTMLTextAreaElement>('textbox', { name: 'Body (JSON)' });
    expect(JSON.parse(body.value)).toEqual({ title: 'Groceries', text: 'Bread, milk' });
    await user.clear(body);
    await user.type(body, '{{"title": "Mine"');
    expect(form.getByText(/^This is no JSON/)).toBeTruthy();
    await user.type(body, '}');
    expect(form.queryByText(/^This is no JSON/)).toBeNull();
    await user.click(form.getByRole('button', { name: 'Send' }));
    expect(await answer().findByText('201 allowed')).toBeTruthy();
    expect(sent).toEqual({ title: 'Mine' });
    expect(answer().getByText('/api/notes/n1')).toBeTruthy();
    expect(answer().getByText('"1"')).toBeTruthy();
  });

  it('send the headers that were typed', async () => {
    only(...notes);
    const seen = vi.fn();
    server.use(http.put('/api/notes/:id', ({ request, params }) => {
      seen(params.id, request.headers.get('If-Match'), request.headers.get('Content-Type'));
      return HttpResponse.json({});
    }));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'PUT /api/notes/{id}');
    await user.type(form.getByRole('textbox', { name: /^id/ }), 'n 1');
    await user.type(form.getByRole('textbox', { name: /^If-Match/ }), '"7"');
    await user.click(form.getByRole('button', { name: 'Send' }));
    await answer().findByText('200 allowed');
    expect(seen).toHaveBeenCalledExactlyOnceWith('n 1', '"7"', 'application/json');
  });

  it('are not sent with what a header cannot carry, and the field says so', async () => {
    only(...notes);
    const { user } = await renderApp('/operations');
    const form = await open(user, 'PUT /api/notes/{id}');
    await user.type(form.getByRole('textbox', { name: /^id/ }), 'n1');
    await user.type(form.getByRole('textbox', { name: /^If-Match/ }), '“7”');
    await user.click(form.getByRole('button', { name: 'Send' }));
    expect(form.getByRole('textbox', { name: /^If-Match/, description: /This cannot be sent: a header cannot carry the character “\./ })).toBe(window.document.activeElement);
    expect(answer().getByText(/^Press Send/)).toBeTruthy();
    expect(form.queryByRole('button', { name: 'Copy as curl' })).toBeNull();
  });

  it('are not sent to another address than the form says', async () => {
    only(...notes);
    const { user } = await renderApp('/operations');
    const form = await open(user, 'DELETE /api/notes/{id}');
    const id = form.getByRole('textbox', { name: /^id/ });
    await user.type(id, '..{Enter}');
    expect(form.queryByRole('group')).toBeNull();
    expect(form.getByRole('textbox', { name: /^id/, description: /This cannot be sent: \. and \.\. mean another address\./ })).toBe(window.document.activeElement);
    await user.type(id, '.');
    expect(form.queryByText(/^This cannot be sent/)).toBeNull();
    await user.type(id, '{Enter}');
    expect(form.getByRole('group', { name: /^DELETE \/api\/notes\/\.\.\.: send it/ })).toBeTruthy();
  });

  it('ask once more before something goes', async () => {
    only(...notes);
    const gone = vi.fn();
    server.use(http.delete('/api/notes/:id', ({ params }) => {
      gone(params.id);
      return new HttpResponse(null, { status: 204 });
    }));
    const { user } = await renderApp('/operations');
    const form = await open(user, 'DELETE /api/notes/{id}');
    await user.type(form.getByRole('textbox', { name: /^id/ }), 'n1{Enter}');
    const question = within(form.getByRole('group', { name: 'DELETE /api/notes/n1: send it? It cannot be taken back.' }));
    expect(question.getByRole('button', { name: 'Keep it' })).toBe(window.document.activeElement);
    await user.keyboard('{Escape}');
    expect(form.queryByRole('group')).toBeNull();
    expect(form.getByRole('button', { name: 'Send' })).toBe(window.document.activeElement);
    expect(gone).not.toHaveBeenCalled();

    await user.keyboard('{Enter}');
    await user.click(form.getByRole('button', { name: 'Send it' }));
    expect(await answer().findByText('204 allowed')).toBeTruthy();
    expect(answer().getByText('The answer has no body.')).toBeTruthy();
    expect(gone).toHaveBeenCalledExactlyOnceWith('n1');
  });
});

describe('beside a call', () => {
  it('a command can be copied, with a variable in place of the token', async () => {
    const { user } = await renderApp('/operations');
    const form = await open(user, 'GET /api/departments/{department}/brief');
    await user.click(form.getByRole('button', { name: 'Copy as curl' }));
    expect(await form.findByText(/^Copied\./)).toBeTruthy();
    expect(await navigator.clipboard.readText()).toBe('curl \\\n  \'http://localhost:8000/api/departments/engineering/brief\' \\\n  -H "Authorization: Bearer $TOKEN"');
  });

  it('a call by the cookie carries no token, and the command says where to get one', async () => {
    const { user } = await renderAtServer('/operations');
    const form = await open(user, 'GET /api/departments/{department}/brief');
    await user.click(form.getByRole('button', { name: 'Copy as curl' }));
    expect((await form.findByText(/^Copied\./)).textContent).toMatch(/TOKEN before you run it\. None is in this browser: the realm gives one/);
    const sent: (string | null)[] = [];
    server.events.on('request:start', ({ request }) => { if (request.url.endsWith('/brief')) sent.push(request.headers.get('Authorization')); });
    await user.click(form.getByRole('button', { name: 'Send' }));
    await answer().findByText('200 allowed');
    expect(sent).toEqual([null]);
    server.events.removeAllListeners();
  });

  it('the command is shown when the browser lets nothing be copied', async () => {
    const { user } = await renderApp('/operations');
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('no', 'NotAllowedError'));
    const form = await open(user, 'GET /secured');
    await user.click(form.getByRole('button', { name: 'Copy as curl' }));
    expect(await form.findByText(/Bearer \$TOKEN/)).toBeTruthy();
  });

  it('what the path shows must do when the document cannot be had', async () => {
    only(...notes);
    server.use(http.get('/openapi.json', () => HttpResponse.html('<h1>Bad gateway</h1>', { status: 502 })));
    const { user } = await renderApp('/operations');
    await user.click(await screen.findByRole('button', { name: 'PUT /api/notes/{id}' }));
    expect(await screen.findByText(/document could not be read/, undefined, { timeout: 3000 })).toBeTruthy();
    const form = within(screen.getByRole('form', { name: 'PUT /api/notes/{id}' }));
    expect(form.getAllByRole('textbox').map((field) => field.getAttribute('required') !== null)).toEqual([true, false]); // id and body
  });

  it('says of an operation that it is deprecated, and what the document says beyond the policy', async () => {
    only(...notes);
    server.use(http.get('/openapi.json', () => HttpResponse.json({ paths: { '/api/notes': { get: { operationId: 'listNotes', deprecated: true, description: 'Admins get all.\n\nRequires claim sub.' } } } })));
    const { user } = await renderApp('/operations');
    await open(user, 'GET /api/notes');
    expect(screen.getByText(/^Deprecated: /)).toBeTruthy();
    expect(screen.getByText('Admins get all.')).toBeTruthy();
    await waitFor(() => { expect(screen.getAllByText('Requires claim sub.')).toHaveLength(4); }); // each operation's own, and not once more
  });
});
