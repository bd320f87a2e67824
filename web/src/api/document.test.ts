import { describe, expect, it } from 'vitest';
import document from '../../../api/testdata/openapi.json';
import { parseDocument } from './document';

describe('parseDocument', () => {
  it('finds in the API\'s own document what a form needs', () => {
    const operations = parseDocument(document);
    expect(operations.get('replaceNote')).toMatchObject({
      deprecated: false,
      parameters: [{ name: 'id', in: 'path', required: true }, { name: 'If-Match', in: 'header', required: false, examples: ['"1"'] }],
      body: { example: { title: 'Groceries', text: 'Bread, milk' } },
    });
    expect(operations.get('listNotes')?.parameters.map(({ name, in: place }) => `${place} ${name}`)).toEqual(['query limit', 'query cursor', 'query owner']);
    expect(operations.get('showMe')).toMatchObject({ parameters: [] });
    expect(operations.get('showMe')).not.toHaveProperty('body');
  });

  it('does without what it does not understand', () => {
    const operations = parseDocument({ paths: { '/a': {
      parameters: [], // of all methods
      get: { operationId: 'a', deprecated: true, parameters: [{ $ref: '#/x' }, { name: 'session', in: 'cookie' }, { name: 'n', in: 'query', schema: { enum: [1, 'two'] } }] },
      post: { operationId: 'b', requestBody: { content: { 'text/plain': {} } } },
      put: {}, // without an id nobody can ask for it
    } } });
    expect(operations.get('a')).toEqual({ deprecated: true, parameters: [{ name: 'n', in: 'query', required: false, examples: ['1', 'two'] }] });
    expect(operations.get('b')).toEqual({ deprecated: false, parameters: [], body: {} });
    expect(operations.size).toBe(2);
  });

  it('refuses what is no such document', () => {
    expect(() => parseDocument({ title: 'Not found' })).toThrow('"paths" is not an object');
  });
});
