import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { record } from '../parse';
import { limits } from './notes';

it('the limits are those of the API\'s document', () => {
  let schema: unknown = JSON.parse(readFileSync('../api/testdata/openapi.json', 'utf8'));
  for (const key of ['components', 'schemas', 'NoteBody', 'properties']) schema = record(schema, key)[key];
  for (const [name, limit] of Object.entries(limits)) {
    expect(record(record(schema, 'properties')[name], name).maxLength, name).toBe(limit);
  }
});
