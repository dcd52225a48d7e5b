// Faults in Rust, the rs- rules. Macros take tokens, not syntax: what stands in their arguments is recognised by the text around a name.
import type { SgNode } from '@ast-grep/napi';
import { argumentsOf } from './literals.ts';
import { type Around, type KindSearch, leaf, type SyntaxRule } from './rule.ts';
import { hasSafetyComment, isTestItem } from './rust-above.ts';

/** A name is short, and so is what has to follow it. */
const lookAhead = 32;

const tokens = (names: string): KindSearch => leaf('identifier', names);

const methods = (name: string): KindSearch => ({ kind: 'call_expression', has: { field: 'function', kind: 'field_expression', has: { field: 'field', ...leaf('field_identifier', name) } } });

const following = (node: SgNode, { text }: Around): string => {
  const { index } = node.range().end;
  return text.slice(index, index + lookAhead);
};

const isMacro = (node: SgNode, around: Around): SgNode | undefined => (/^\s*!\s*[([{]/.test(following(node, around)) ? node : undefined);

/** The name of a method called in the arguments of a macro. */
function methodToken(node: SgNode, around: Around, call: RegExp): SgNode | undefined {
  const { index } = node.range().start;
  return /\.\s*$/.test(around.text.slice(Math.max(0, index - lookAhead), index)) && call.test(following(node, around)) ? node : undefined;
}

const methodName = (node: SgNode): SgNode | undefined => node.field('function')?.field('field') ?? undefined;

const isTest = ({ path, scopes, text, lines }: Around): boolean =>
  /(^|\/)tests\/|(^|\/)tests?\.rs$/.test(path) || /^#!\[cfg\(test\)\]/m.test(text) || scopes.some((scope) => isTestItem(scope, lines));

const isExample = ({ path }: Around): boolean => /(^|\/)examples\/|(^|\/)build\.rs$/.test(path);

function unwraps(node: SgNode, around: Around): SgNode | undefined {
  const name = node.is('identifier') ? methodToken(node, around, /^\s*\(\s*\)/) : argumentsOf(node).length === 0 ? methodName(node) : undefined;
  return name === undefined || isExample(around) || isTest(around) ? undefined : name;
}

function expectsNothing(node: SgNode, around: Around): SgNode | undefined {
  if (node.is('identifier')) return methodToken(node, around, /^\s*\(\s*""\s*\)/);
  const reason = argumentsOf(node)[0];
  return reason?.is('string_literal') === true && reason.text() === '""' ? methodName(node) : undefined;
}

function dropsResult(node: SgNode): SgNode | undefined {
  const value = node.field('value');
  return value?.is('call_expression') === true || (value?.is('await_expression') === true && value.child(0)?.is('call_expression') === true) ? node : undefined;
}

const transmute = [leaf('identifier', 'transmute'), { kind: 'scoped_identifier', all: [{ has: { field: 'name', ...leaf('identifier', 'transmute') } }, { has: { field: 'path', any: [leaf('identifier', 'mem'), leaf('scoped_identifier', '(?:std|core)::mem')] } }] }];

/** The rs- rules. */
export const rustRules: readonly SyntaxRule[] = [
  {
    id: 'rs-unwrap',
    level: 'note',
    means: 'unwrap panics when there is no value, and says nothing of what was expected.',
    next: 'Use ?, a default, or expect with the reason why there is a value.',
    search: [methods('unwrap'), tokens('unwrap')],
    look: unwraps,
  },
  {
    id: 'rs-empty-expect',
    level: 'note',
    means: 'expect without a reason says no more than unwrap.',
    next: 'Say why there is a value.',
    search: [methods('expect'), tokens('expect')],
    look: expectsNothing,
  },
  {
    id: 'rs-unsafe',
    level: 'warning',
    means: 'Nothing says why this unsafe code is sound.',
    next: 'Write a SAFETY comment above it, or a # Safety section for an unsafe function.',
    search: [
      { kind: 'unsafe_block' },
      { kind: 'function_item', has: leaf('function_modifiers', String.raw`[ -~\s]*\bunsafe\b[ -~\s]*`) },
      { kind: 'impl_item' },
    ],
    look: (node, { text, lines }) => ((node.is('impl_item') && node.child(0)?.kind() !== 'unsafe') || hasSafetyComment(node, text, lines) ? undefined : node),
  },
  {
    id: 'rs-todo',
    level: 'warning',
    means: 'The code is not written yet and panics when it is reached.',
    next: 'Write it, or return an error that says so.',
    search: [tokens('todo|unimplemented')],
    look: isMacro,
  },
  {
    id: 'rs-dbg',
    level: 'warning',
    means: 'dbg! prints to the error stream of whoever runs the program.',
    next: 'Delete it, or log.',
    search: [tokens('dbg')],
    look: isMacro,
  },
  {
    id: 'rs-panic',
    level: 'note',
    means: 'A panic takes the thread of the caller down.',
    next: 'Return a Result.',
    search: [tokens('panic')],
    look: (node, around) => (isTest(around) ? undefined : isMacro(node, around)),
  },
  {
    id: 'rs-transmute',
    level: 'error',
    means: 'transmute takes the bytes of one type for another, and the compiler checks nothing but their number.',
    next: 'Use from_ne_bytes, a pointer cast, or a crate that checks layouts (bytemuck, zerocopy).',
    search: [{ kind: 'call_expression', has: { field: 'function', any: [...transmute, { kind: 'generic_function', has: { field: 'function', any: transmute } }] } }],
  },
  {
    id: 'rs-ignored-result',
    level: 'warning',
    means: 'The result of the call is dropped, and an error with it.',
    next: 'Use ?, handle the error, or say why it does not matter with .ok() and a comment.',
    search: [{ kind: 'let_declaration', has: { field: 'pattern', regex: '^_$' } }],
    look: dropsResult,
  },
];

/** Modules, functions and implementations, each of which may be for tests. */
export const rustScopes: readonly KindSearch[] = [{ kind: 'mod_item' }, { kind: 'function_item' }, { kind: 'impl_item' }];
