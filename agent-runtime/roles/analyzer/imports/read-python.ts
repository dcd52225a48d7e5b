// Imports of Python, read from the syntax tree. What stands under `if TYPE_CHECKING` never runs.
import type { SgNode } from '@ast-grep/napi';
import { Scopes } from '#agent-runtime/roles/analyzer/scopes.ts';
import { kindOf } from '#agent-runtime/roles/analyzer/syntax.ts';
import type { ImportStatement, Specifier } from './statement.ts';

const typeChecking = { kind: 'if_statement', has: { field: 'condition', regex: String.raw`^\(?(\w+\.)?TYPE_CHECKING\)?$` } };
const importing = { any: [{ kind: 'import_statement' }, { kind: 'import_from_statement' }, { kind: 'function_definition' }, { kind: 'lambda' }, typeChecking] };

/** The imports of a Python module in the order they stand. */
export function pythonImports(root: SgNode): readonly ImportStatement[] {
  const open = new Scopes<'later' | 'never'>();
  return root.findAll({ rule: importing }).flatMap((node): ImportStatement[] => {
    const { start, end } = node.range();
    const scope = open.innermost(start.index);
    // Only the branch that is taken when types are checked; `else` runs.
    if (node.is('if_statement')) open.enter(node.field('consequence')?.range().end.index ?? start.index, 'never');
    else if (!kindOf(node).startsWith('import')) open.enter(end.index, scope === 'never' ? scope : 'later');
    else return specifiersOf(node).map((target) => ({ line: start.line + 1, when: scope ?? 'load', target }));
    return [];
  });
}

function specifiersOf(node: SgNode): readonly Specifier[] {
  const names = node.fieldChildren('name').map(nameOf);
  if (node.is('import_statement')) return names.map((module) => ({ kind: 'python', dots: 0, module, names: [] }));
  const from = (node.field('module_name')?.text() ?? '').replaceAll(/\s/g, '');
  const module = from.replace(/^\.+/, '');
  return [{ kind: 'python', dots: from.length - module.length, module, names }];
}

/** `a.b as c` names `a.b`. */
function nameOf(node: SgNode): string {
  return (node.is('aliased_import') ? (node.field('name') ?? node) : node).text().replaceAll(/\s/g, '');
}
