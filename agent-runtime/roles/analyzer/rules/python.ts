// Faults in Python, the py- rules.
import type { Rule, SgNode } from '@ast-grep/napi';
import { argumentsOf, isLiteral } from './literals.ts';
import { type KindSearch, leaf, type SyntaxRule } from './rule.ts';

const name = (pattern: string): KindSearch => leaf('identifier', pattern);

const nameOf = (object: string, pattern: string): Rule => ({ kind: 'attribute', all: [{ has: { field: 'attribute', ...name(pattern) } }, { has: { field: 'object', ...name(object) } }] });

const callTo = (...functions: readonly Rule[]): KindSearch => ({ kind: 'call', has: { field: 'function', any: [...functions] } });

const isKeyword = (argument: SgNode): boolean => argument.is('keyword_argument');

const keywordOf = (call: SgNode, name: string): SgNode | undefined => argumentsOf(call).find((argument) => isKeyword(argument) && argument.field('name')?.text() === name);

const computedFirst = (node: SgNode): SgNode | undefined => {
  const first = argumentsOf(node)[0];
  return first === undefined || isLiteral(first) ? undefined : node;
};

const isNothing = (statement: SgNode): boolean => statement.is('pass_statement') || statement.namedChildren().every((child) => child.is('ellipsis'));

const withoutComments = (node: SgNode | undefined): readonly SgNode[] => node?.namedChildren().filter((child) => !child.is('comment')) ?? [];

function swallowed(node: SgNode): SgNode | undefined {
  const parts = withoutComments(node);
  const statements = withoutComments(parts.find((part) => part.is('block')));
  return parts.length > 1 && statements.length > 0 && statements.every(isNothing) ? node : undefined;
}

/** Operators are tokens between the operands. */
function comparedToNone(node: SgNode): SgNode | undefined {
  const parts = node.children();
  const isEquality = (part: SgNode | undefined) => part !== undefined && !part.isNamed() && /^(==|!=)$/.test(part.text());
  return parts.some((part, at) => part.is('none') && (isEquality(parts[at - 1]) || isEquality(parts[at + 1]))) ? node : undefined;
}

const systemCall = callTo(nameOf('os', 'system'));

function shell(node: SgNode): SgNode | undefined {
  if (node.matches({ rule: systemCall })) return computedFirst(node);
  return keywordOf(node, 'shell')?.field('value')?.is('true') === true ? node : undefined;
}

function unsafeLoad(node: SgNode): SgNode | undefined {
  const given = argumentsOf(node);
  const isKnown = given.length > 0 && given.every((argument) => !argument.is('list_splat') && !argument.is('dictionary_splat'));
  return isKnown && given.filter((argument) => !isKeyword(argument)).length < 2 && keywordOf(node, 'Loader') === undefined ? node : undefined;
}

const mutable = ['list', 'dictionary', 'set', 'list_comprehension', 'dictionary_comprehension', 'set_comprehension'].map((kind) => ({ has: { field: 'value', kind } }));
const mutableDefault = { any: [...mutable, { has: { field: 'value', ...callTo(name('list|dict|set')) } }] };

/** The py- rules. */
export const pythonRules: readonly SyntaxRule[] = [
  {
    id: 'py-bare-except',
    level: 'warning',
    means: 'An except without a type also catches KeyboardInterrupt and SystemExit.',
    next: 'Name the exceptions that are expected here, or catch Exception.',
    search: [{ kind: 'except_clause' }],
    look: (node) => (withoutComments(node).length === 1 ? node : undefined),
  },
  {
    id: 'py-swallowed-exception',
    level: 'warning',
    means: 'An exception is caught and dropped without a trace.',
    next: 'Handle it, log it, raise it on, or use contextlib.suppress to say that it is meant.',
    search: [{ kind: 'except_clause' }],
    look: swallowed,
  },
  {
    id: 'py-mutable-default',
    level: 'error',
    means: 'The default is made once and shared by all calls, so what one call adds the next one finds.',
    next: 'Use None as the default and make the value in the body.',
    search: [
      { kind: 'default_parameter', ...mutableDefault },
      { kind: 'typed_default_parameter', ...mutableDefault },
    ],
  },
  {
    id: 'py-eval',
    level: 'error',
    means: 'Text that is put together at run time is run as code.',
    next: 'Use ast.literal_eval, json.loads, or a table of functions by name.',
    search: [callTo(name('eval|exec'), nameOf('builtins', 'eval|exec'))],
    look: computedFirst,
  },
  {
    id: 'py-none-equality',
    level: 'note',
    means: '== asks the object whether it equals None, and the object may say anything.',
    next: 'Use is None or is not None.',
    search: [{ kind: 'comparison_operator', has: { kind: 'none' } }],
    look: comparedToNone,
  },
  {
    id: 'py-assert-tuple',
    level: 'error',
    means: 'A tuple with elements is always true, so this assert never fails.',
    next: 'Take the parentheses away: assert condition, message.',
    search: [{ kind: 'assert_statement' }],
    look: (node) => {
      const [asserted] = withoutComments(node);
      return asserted?.is('tuple') === true && withoutComments(asserted).length > 1 ? node : undefined;
    },
  },
  {
    id: 'py-shell-true',
    level: 'error',
    means: 'A shell reads the command, so values in it may hold shell syntax.',
    next: 'Give subprocess.run a list of arguments and leave shell out.',
    search: [callTo(nameOf('subprocess|sp', String.raw`\w+`), name('run|call|check_call|check_output|Popen')), systemCall],
    look: shell,
  },
  {
    id: 'py-yaml-load',
    level: 'error',
    means: 'yaml.load without a loader may make any object that the text asks for.',
    next: 'Use yaml.safe_load.',
    search: [callTo(nameOf('yaml', 'load|load_all'))],
    look: unsafeLoad,
  },
  {
    id: 'py-tls-off',
    level: 'error',
    means: 'The certificate of the other side is not checked, so anyone in between can read and change what is sent.',
    next: 'Delete verify=False, and give the path of the right authority as verify.',
    search: [{ kind: 'call', has: { field: 'arguments', has: { kind: 'keyword_argument', all: [{ has: { field: 'name', ...name('verify') } }, { has: { field: 'value', kind: 'false' } }] } } }],
    look: (node) => keywordOf(node, 'verify'),
  },
  {
    id: 'py-star-import',
    level: 'note',
    means: 'A star import hides where names come from, and names may clash without a word.',
    next: 'Import the names that are used.',
    search: [{ kind: 'import_from_statement', has: { kind: 'wildcard_import' } }],
    look: (node, { path }) => (/(^|\/)__init__\.py$/.test(path) ? undefined : node),
  },
];
