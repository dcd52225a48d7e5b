// Imports of TypeScript and JavaScript, read from the syntax tree.
import type { SgNode } from '@ast-grep/napi';
import { scriptFunctions } from '#agent-runtime/roles/analyzer/complexity.ts';
import { Scopes } from '#agent-runtime/roles/analyzer/scopes.ts';
import { kindOf } from '#agent-runtime/roles/analyzer/syntax.ts';
import type { ImportStatement } from './statement.ts';

const importing = {
  any: [
    { kind: 'import_statement' },
    { kind: 'export_statement', has: { field: 'source', kind: 'string' } },
    { kind: 'call_expression', has: { field: 'function', regex: '^(require|import)$' } },
    ...scriptFunctions.map((kind) => ({ kind })),
  ],
};

const functions: ReadonlySet<string> = new Set(scriptFunctions);

/** The imports of a script in the order they stand. */
export function scriptImports(root: SgNode): readonly ImportStatement[] {
  const open = new Scopes<true>();
  return root.findAll({ rule: importing }).flatMap((node): ImportStatement[] => {
    const { start, end } = node.range();
    const isInFunction = open.innermost(start.index) === true;
    if (functions.has(kindOf(node))) {
      open.enter(end.index, true);
      return [];
    }
    const found = node.is('call_expression') ? called(node, isInFunction) : stated(node);
    return found === undefined ? [] : [{ line: start.line + 1, when: found.when, target: { kind: 'script', specifier: found.specifier } }];
  });
}

type Found = Pick<ImportStatement, 'when'> & { readonly specifier: string };

function stated(node: SgNode): Found | undefined {
  const parts = node.children();
  const clause = parts.find((part) => clauses.has(kindOf(part)));
  const source = node.field('source') ?? clause?.field('source');
  if (source === null || source === undefined) return undefined;
  const isForTypes = parts[1]?.kind() === 'type' || (clause !== undefined && namesTypesOnly(clause));
  return { when: isForTypes ? 'never' : 'load', specifier: source.text().slice(1, -1) };
}

const clauses: ReadonlySet<string> = new Set(['import_clause', 'export_clause', 'import_require_clause']);

/** `import { type A }` and `export { type B } from`: a list in which each name is a type. */
function namesTypesOnly(clause: SgNode): boolean {
  const parts = clause.namedChildren().filter((part) => !part.is('comment'));
  const [first] = parts;
  if (parts.length > 1 && !clause.is('export_clause')) return false;
  const names = (first?.is('named_imports') === true ? first.namedChildren() : parts).filter((name) => kindOf(name).endsWith('_specifier'));
  return names.length > 0 && names.every((name) => name.child(0)?.kind() === 'type');
}

function called(node: SgNode, isInFunction: boolean): Found | undefined {
  const argument = node.field('arguments')?.namedChildren().find((child) => !child.is('comment'));
  if (argument === undefined || !(argument.is('string') || isPlainTemplate(argument))) return undefined;
  const isDynamic = node.field('function')?.text() === 'import';
  return { when: isInFunction || isDynamic ? 'later' : 'load', specifier: argument.text().slice(1, -1) };
}

function isPlainTemplate(node: SgNode): boolean {
  return node.is('template_string') && !node.has({ rule: { kind: 'template_substitution' } });
}
