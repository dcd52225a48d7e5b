// Faults in Go, the go- rules.
import type { SgNode } from '@ast-grep/napi';
import { argumentsOf, isComputedSum, isLiteral } from './literals.ts';
import { type Around, type KindSearch, leaf, type SyntaxRule } from './rule.ts';

/** A call of a method or of a function of a package, by the last part of its name. */
const selector = (name: string): KindSearch => ({ kind: 'selector_expression', has: { field: 'field', ...leaf('field_identifier', name) } });

const callOf = (name: string): KindSearch => ({ kind: 'call_expression', has: { field: 'function', ...selector(name) } });

const errorName = leaf('identifier', String.raw`err|\w*[eE]rr`);

const comparedWithNil = [
  { all: [{ has: { field: 'left', ...errorName } }, { has: { field: 'right', kind: 'nil' } }] },
  { all: [{ has: { field: 'right', ...errorName } }, { has: { field: 'left', kind: 'nil' } }] },
];

const named = (scope: SgNode): string => scope.field('name')?.text() ?? '';

const isNamed = (scope: SgNode): boolean => scope.is('function_declaration') || scope.is('method_declaration');

const called = (node: SgNode): string => node.field('function')?.field('field')?.text() ?? '';

const package_ = (node: SgNode): string => {
  const operand = node.field('function')?.field('operand');
  return operand?.is('identifier') === true ? operand.text() : '';
};

/** The argument that holds SQL is the first, after the context where there is one. */
function composedSql(node: SgNode): SgNode | undefined {
  const sql = argumentsOf(node)[called(node).endsWith('Context') ? 1 : 0];
  if (sql === undefined || package_(node) === 'syscall') return undefined;
  const isFormatted = sql.is('call_expression') && package_(sql) === 'fmt' && called(sql) === 'Sprintf';
  return isFormatted || isComputedSum(sql) ? node : undefined;
}

function shellCommand(node: SgNode): SgNode | undefined {
  const given = argumentsOf(node);
  const [shell, flag, command] = called(node) === 'Command' ? given : given.slice(1);
  if (package_(node) !== 'exec' || shell === undefined || flag === undefined || command === undefined) return undefined;
  return /^["`](\/bin\/)?(ba)?sh["`]$/.test(shell.text()) && /^["`]-c["`]$/.test(flag.text()) && !isLiteral(command) ? node : undefined;
}

function panics(node: SgNode, { path, text, scopes }: Around): SgNode | undefined {
  if (path.endsWith('_test.go') || /^package[ \t]+main\b/m.test(text)) return undefined;
  const inside = scopes.findLast(isNamed);
  return inside !== undefined && /^init$|^[Mm]ust([^a-z]|$)/.test(named(inside)) ? undefined : node;
}

/** The go- rules. */
export const goRules: readonly SyntaxRule[] = [
  {
    id: 'go-empty-error-branch',
    level: 'error',
    means: 'An error is looked at and then dropped without a trace.',
    next: 'Return the error, handle it, or say in a comment why it does not matter.',
    search: [
      {
        kind: 'if_statement',
        all: [
          { has: { field: 'condition', kind: 'binary_expression', all: [{ has: { field: 'operator', regex: '^!=$' } }, { any: comparedWithNil }] } },
          { has: { field: 'consequence', not: { has: { nthChild: 1 } } } },
        ],
      },
    ],
  },
  {
    id: 'go-defer-in-loop',
    level: 'warning',
    means: 'Deferred calls run at the end of the function, so they pile up with every turn of the loop.',
    next: 'Put the body of the loop into a function of its own, or call it at the end of the turn.',
    search: [{ kind: 'defer_statement' }],
    look: (node, { scopes }) => (scopes.at(-1)?.is('for_statement') === true ? node : undefined),
  },
  {
    id: 'go-sql-format',
    level: 'error',
    means: 'SQL is put together from values, which may hold SQL.',
    next: 'Use placeholders and give the values as arguments.',
    search: [callOf('(?:Query|QueryRow|Exec)(?:Context)?')],
    look: composedSql,
  },
  {
    id: 'go-tls-off',
    level: 'error',
    means: 'The certificate of the other side is not checked, so anyone in between can read and change what is sent.',
    next: 'Delete InsecureSkipVerify and put the right authority into RootCAs.',
    search: [
      { kind: 'keyed_element', all: [{ has: { kind: 'literal_element', has: leaf('identifier', 'InsecureSkipVerify') } }, { has: { kind: 'literal_element', has: { kind: 'true' } } }] },
      { kind: 'assignment_statement', all: [{ has: { field: 'left', has: selector('InsecureSkipVerify') } }, { has: { field: 'right', has: { kind: 'true' } } }] },
    ],
  },
  {
    id: 'go-shell-command',
    level: 'error',
    means: 'A shell reads the command, so values in it may hold shell syntax.',
    next: 'Call the program itself: exec.Command(name, arguments...).',
    search: [callOf('Command|CommandContext')],
    look: shellCommand,
  },
  {
    id: 'go-weak-hash',
    level: 'warning',
    means: 'MD5 and SHA-1 are broken: two inputs with the same hash can be made.',
    next: 'Use crypto/sha256, unless an old format asks for this hash.',
    search: [{ kind: 'selector_expression', all: [{ has: { field: 'operand', ...leaf('identifier', 'md5|sha1') } }, { has: { field: 'field', ...leaf('field_identifier', 'New|Sum') } }] }],
  },
  {
    id: 'go-panic',
    level: 'note',
    means: 'A panic in a library takes the whole program of its user down.',
    next: 'Return an error, or name the function Must....',
    search: [{ kind: 'call_expression', has: { field: 'function', ...leaf('identifier', 'panic') } }],
    look: panics,
  },
];

/** Functions and loops. */
export const goScopes: readonly KindSearch[] = [{ kind: 'function_declaration' }, { kind: 'method_declaration' }, { kind: 'func_literal' }, { kind: 'for_statement' }];
