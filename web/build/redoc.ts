import { createHash } from 'node:crypto';
import { parseSync, type Plugin } from 'vite';

const wrapper = '"object"==typeof exports&&"object"==typeof module?module.exports=t(require("null")):"function"==typeof define&&define.amd?'
  + 'define(["null"],t):"object"==typeof exports?exports.Redoc=t(require("null")):e.Redoc=t(e.null)';

const bundle = /\/redoc\/bundles\/redoc\.standalone\.js$/;

/**
 * Lets ReDoc's prebuilt bundle run under the pages' content policy: nothing from elsewhere, no blob worker, styles with
 * the page's nonce. The build fails when the bundle is not as known here, rather than ship a page that asks a CDN.
 */
export function redocAtHome(): Plugin {
  let adapted = false;
  return {
    name: 'keystead:redoc-at-home',
    apply: 'build',
    transform: {
      filter: { id: bundle },
      handler(code) {
        const { script, search } = adaptRedoc(code);
        this.emitFile({ type: 'asset', fileName: search.fileName, source: search.script });
        adapted = true;
        return { code: script, map: null };
      },
    },
    buildEnd(error) {
      if (!error && !adapted) this.error('The bundle of ReDoc is not where it was: nothing in it was replaced.');
    },
  };
}

interface Adapted {
  script: string;
  search: { fileName: string; script: string };
}

/** Replaces in ReDoc's bundle what the content policy refuses, and takes out the script of its search worker. */
export function adaptRedoc(code: string): Adapted {
  // The logo beside "API docs by Redocly": an empty picture instead of one that tells a CDN who reads which API.
  let script = replaceOne(code, '"https://cdn.redoc.ly/redoc/logo-mini.svg"', `"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"`);
  // The style sheets it writes, one of them while it loads, before its own option for the nonce is read.
  script = replaceOne(script, 'r.nc=void 0', 'r.nc=document.querySelector("meta[property=csp-nonce]")?.nonce');
  // Its wrapper asks for a module that does not exist, left over from its build.
  script = replaceOne(script, wrapper, 'module.exports=t()');

  // The search runs in a worker made of a text. As a file of ours the policy knows it as 'self'.
  const [worker, literal] = /URL\.createObjectURL\(new Blob\(\[('(?:[^'\\]|\\.)*')\]\)\)/.exec(script) ?? missing('the search worker');
  const source = stringIn(literal ?? '');
  const hash = createHash('sha256').update(source).digest('base64url').slice(0, 8);
  const fileName = `assets/redoc-search-${hash}.js`;
  return { script: replaceOne(script, worker, `"/${fileName}"`), search: { fileName, script: source } };
}

function replaceOne(code: string, from: string, to: string): string {
  const [before, after, ...more] = code.split(from);
  if (before === undefined || after === undefined || more.length > 0) return missing(from);
  return before + to + after;
}

/** The value of a string as JavaScript writes it. */
function stringIn(literal: string): string {
  const [statement] = parseSync('literal.js', literal).program.body;
  if (statement?.type !== 'ExpressionStatement' || statement.expression.type !== 'Literal' || typeof statement.expression.value !== 'string') {
    return missing('the text of the search worker');
  }
  // Its source map does not come along.
  return statement.expression.value.replace(/\n\/\/# sourceMappingURL=.*$/, '\n');
}

function missing(what: string): never {
  throw new Error(`ReDoc's bundle has changed: expected to find exactly once: ${what}`);
}
