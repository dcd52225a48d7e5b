// Faults in JavaScript and TypeScript, the js- rules.
import type { Rule, SgNode } from '@ast-grep/napi';
import { argumentsOf, isComputedSum, isFilledIn, isLiteral } from './literals.ts';
import { type Around, type KindSearch, leaf, type SyntaxRule } from './rule.ts';

const property = (name: string): KindSearch => ({ kind: 'member_expression', has: { field: 'property', ...leaf('property_identifier', name) } });

const propertyOf = (object: Rule, name: string): Rule => ({ all: [property(name), { has: { field: 'object', ...object } }] });

const callTo = (...functions: readonly Rule[]): KindSearch => ({ kind: 'call_expression', has: { field: 'function', any: [...functions] } });

const binary = (operators: string): KindSearch => ({ kind: 'binary_expression', has: { field: 'operator', regex: `^(?:${operators})$` } });

const globals = leaf('identifier', 'window|globalThis|self|global');

const text = (pattern: string): KindSearch => leaf('string', `['"](?:${pattern})['"]`);

const requiredModule: Rule = { kind: 'call_expression', all: [{ has: { field: 'function', ...leaf('identifier', 'require') } }, { has: { field: 'arguments', has: text('(?:node:)?child_process') } }] };

const entry = (name: string, value: Rule): KindSearch => ({ kind: 'pair', all: [{ has: { field: 'key', any: [leaf('property_identifier', name), text(name)] } }, { has: { field: 'value', ...value } }] });

const assignment = (left: Rule, right: Rule): KindSearch => ({ kind: 'assignment_expression', all: [{ has: { field: 'left', ...left } }, { has: { field: 'right', ...right } }] });

const zero: Rule = { any: [text('0'), leaf('number', '0')] };

const markup = { has: { field: 'left', ...property('innerHTML|outerHTML') } };

const tlsVariable = 'NODE_TLS_REJECT_UNAUTHORIZED';

const isNull = (side: 'left' | 'right') => ({ has: { field: side, kind: 'null' } });

const computedArgument = (node: SgNode): SgNode | undefined => (argumentsOf(node).some((argument) => !isLiteral(argument)) ? node : undefined);

const computedRight = (node: SgNode): SgNode | undefined => {
  const right = node.field('right');
  return right === null || isLiteral(right) ? undefined : node;
};

function equalSides(node: SgNode): SgNode | undefined {
  const [left, right] = [node.field('left'), node.field('right')];
  if (left === null || right === null) return undefined;
  const [a, b] = [left.range(), right.range()];
  // Lengths first: the sides of a long chain are never copied.
  return a.end.index - a.start.index === b.end.index - b.start.index && left.text() === right.text() ? node : undefined;
}

function shellText(node: SgNode): SgNode | undefined {
  const first = argumentsOf(node)[0];
  if (first === undefined) return undefined;
  return isComputedSum(first) || (first.is('template_string') && isFilledIn(first)) ? node : undefined;
}

function thrownText(node: SgNode): SgNode | undefined {
  const value = node.namedChildren()[0];
  if (value === undefined) return undefined;
  const isSumWithText = value.is('binary_expression') && value.has({ rule: { any: [{ kind: 'string' }, { kind: 'template_string' }] } }) && value.field('operator')?.text() === '+';
  return value.is('string') || value.is('template_string') || value.is('number') || isSumWithText ? node : undefined;
}

const isAsyncFunction = (node: SgNode): boolean => (node.is('arrow_function') || node.is('function_expression')) && node.child(0)?.kind() === 'async';

// The name is pointed at: the call may begin many lines above it.
const asyncCallback = (node: SgNode): SgNode | undefined => (argumentsOf(node).some(isAsyncFunction) ? (node.field('function')?.field('property') ?? node) : undefined);

// Ambient declarations tell of a variable that exists elsewhere, and can only say var.
const ownVar = (node: SgNode, { path, scopes }: Around): SgNode | undefined => (path.endsWith('.d.ts') || scopes.length > 0 ? undefined : node);

/** The js- rules. */
export const scriptRules: readonly SyntaxRule[] = [
  {
    id: 'js-eval',
    level: 'error',
    means: 'Text that is put together at run time is run as code.',
    next: 'Parse the text (JSON.parse, a table of functions by name) instead of running it.',
    search: [callTo(leaf('identifier', 'eval'), propertyOf(globals, 'eval')), { kind: 'new_expression', has: { field: 'constructor', ...leaf('identifier', 'Function') } }],
    look: computedArgument,
  },
  {
    id: 'js-empty-catch',
    level: 'warning',
    means: 'An error is caught and dropped without a trace.',
    next: 'Handle the error, throw it on, or say in a comment why it does not matter.',
    search: [{ kind: 'catch_clause', has: { field: 'body', not: { has: { nthChild: 1 } } } }],
  },
  {
    id: 'js-loose-equality',
    level: 'warning',
    means: '== and != convert their sides before they compare them.',
    next: 'Use === or !==, and convert by hand where that is meant.',
    search: [{ ...binary('==|!='), not: { any: [isNull('left'), isNull('right')] } }],
  },
  {
    id: 'js-var',
    level: 'note',
    means: 'var makes a variable of the whole function, visible before it has a value.',
    next: 'Use const, or let when it changes.',
    search: [{ kind: 'variable_declaration' }, { kind: 'for_in_statement', has: { field: 'kind', regex: '^var$' } }],
    look: ownVar,
  },
  {
    id: 'js-debugger',
    level: 'error',
    means: 'A debugger statement stops the program where tools are attached.',
    next: 'Delete it.',
    search: [{ kind: 'debugger_statement' }],
  },
  {
    id: 'js-async-foreach',
    level: 'error',
    means: 'forEach drops the promises of its callback, so nothing waits for them and their errors are lost.',
    next: 'Use for ... of with await, or await Promise.all(list.map(...)).',
    search: [callTo(property('forEach'))],
    look: asyncCallback,
  },
  {
    id: 'js-self-compare',
    level: 'error',
    means: 'Both sides of the comparison are the same expression.',
    next: 'Compare with what was meant; for NaN use Number.isNaN.',
    search: [binary('===|!==|==|!=|<|>|<=|>=')],
    look: equalSides,
  },
  {
    id: 'js-parse-int-radix',
    level: 'warning',
    means: 'parseInt without a radix reads 0x10 as sixteen.',
    next: 'Give the radix, or use Number().',
    search: [callTo(leaf('identifier', 'parseInt'), propertyOf(globals, 'parseInt'), propertyOf(leaf('identifier', 'Number'), 'parseInt'))],
    look: (node) => {
      const given = argumentsOf(node);
      return given.length === 1 && given[0]?.is('spread_element') === false ? node : undefined;
    },
  },
  {
    id: 'js-shell-command',
    level: 'error',
    means: 'A shell command is put together from values, which may hold shell syntax.',
    next: 'Use execFile or spawn with an array of arguments.',
    search: [callTo(leaf('identifier', 'exec|execSync'), propertyOf({ any: [leaf('identifier', 'child_process|childProcess|cp'), requiredModule] }, 'exec|execSync'))],
    look: shellText,
  },
  {
    id: 'js-inner-html',
    level: 'error',
    means: 'Text that is put together at run time becomes HTML of the page.',
    next: 'Set textContent, build elements, or sanitise the text first.',
    search: [{ kind: 'assignment_expression', ...markup }, { kind: 'augmented_assignment_expression', ...markup }, callTo(propertyOf({ any: [leaf('identifier', 'document'), propertyOf(globals, 'document')] }, 'write|writeln'))],
    look: (node) => (node.is('call_expression') ? computedArgument(node) : computedRight(node)),
  },
  {
    id: 'js-constant-condition',
    level: 'warning',
    means: 'The condition is a constant, so one of the two ways is never taken.',
    next: 'Delete the way that is never taken, or put the condition in that was meant.',
    search: [{ kind: 'if_statement', has: { field: 'condition', has: { any: [{ kind: 'true' }, { kind: 'false' }, leaf('number', '[01]')] } } }],
  },
  {
    id: 'js-throw-literal',
    level: 'warning',
    means: 'What is thrown is no Error: it has no stack and no cause.',
    next: 'Throw new Error(...).',
    search: [{ kind: 'throw_statement' }],
    look: thrownText,
  },
  {
    id: 'js-tls-off',
    level: 'error',
    means: 'The certificate of the other side is not checked, so anyone in between can read and change what is sent.',
    next: 'Delete the setting and trust the right authority (ca, NODE_EXTRA_CA_CERTS).',
    search: [
      entry('rejectUnauthorized', { kind: 'false' }),
      entry(tlsVariable, zero),
      assignment(property('rejectUnauthorized'), { kind: 'false' }),
      assignment({ any: [property(tlsVariable), { kind: 'subscript_expression', has: { field: 'index', ...text(tlsVariable) } }] }, zero),
    ],
  },
];
