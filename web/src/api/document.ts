import { useQuery } from '@tanstack/react-query';
import { optionalText, record, type Members } from '../parse';

/** What an operation takes and does, as the API's document has it. */
export interface Described {
  description?: string;
  deprecated: boolean;
  parameters: Parameter[];
  body?: { example?: unknown };
}

/** A value that an operation takes beside its body. */
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  examples: string[];
}

/** What all operations take, by their ids. The document is served to everybody, so no token goes with the question. */
export function useDocument() {
  return useQuery({
    queryKey: ['document'],
    queryFn: async ({ signal }) => {
      const response = await fetch('/openapi.json', { signal });
      return parseDocument(await response.json());
    },
    staleTime: Infinity, // it changes with the server, and a new server means a new page
  });
}

const methods = ['get', 'put', 'post', 'patch', 'delete'];

/** Picks what a form needs out of an OpenAPI document. What it does not understand it leaves out: a form can do with less. */
export function parseDocument(body: unknown): Map<string, Described> {
  const { paths }: Members = record(body, 'the document');
  const operations = Object.values(record(paths, '"paths"')).flatMap((item) => {
    const path: Members = record(item, 'a path');
    return methods.flatMap((method) => (path[method] === undefined ? [] : [record(path[method], method)]));
  });
  return new Map(operations.flatMap((operation) => {
    const id = optionalText(operation, 'operationId');
    return id === undefined ? [] : [[id, describe(operation)]];
  }));
}

function describe(operation: Members): Described {
  const description = optionalText(operation, 'description');
  const parameters: unknown[] = Array.isArray(operation.parameters) ? operation.parameters : [];
  return {
    ...(description !== undefined && { description }),
    deprecated: operation.deprecated === true,
    parameters: parameters.flatMap(parameter),
    ...(operation.requestBody !== undefined && { body: jsonBody(record(operation.requestBody, '"requestBody"')) }),
  };
}

function parameter(value: unknown): Parameter[] {
  const from: Members = record(value, 'a parameter');
  const name = optionalText(from, 'name');
  const place = from.in;
  if (name === undefined || (place !== 'path' && place !== 'query' && place !== 'header')) return []; // a reference, or a cookie
  const schema: Members = record(from.schema ?? {}, '"schema"');
  const description = optionalText(from, 'description') ?? optionalText(schema, 'description');
  const samples: unknown[] = [from.example, ...list(schema.examples), ...list(schema.enum)];
  return [{
    name, in: place, required: from.required === true,
    ...(description !== undefined && { description }),
    examples: samples.flatMap((sample) => (sample === undefined ? [] : [typeof sample === 'string' ? sample : JSON.stringify(sample)])),
  }];
}

function jsonBody(requestBody: Members): { example?: unknown } {
  const content: Members = record(requestBody.content ?? {}, '"content"');
  const { example }: Members = record(content['application/json'] ?? {}, '"application/json"');
  return { ...(example !== undefined && { example }) };
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
