// Which rules hold for which language, made ready for the walk: what to collect, and which rules may want a node of a kind.
import type { NapiConfig } from '@ast-grep/napi';
import type { RuleText } from '#agent-runtime/roles/analyzer/finding.ts';
import type { SyntaxLanguage } from '#agent-runtime/roles/analyzer/syntax.ts';
import { goRules, goScopes } from './go.ts';
import { pythonRules } from './python.ts';
import type { KindSearch, SyntaxRule } from './rule.ts';
import { rustRules, rustScopes } from './rust.ts';
import { scriptRules } from './script.ts';

/** A rule that may want nodes of one kind. */
export interface Candidate {
  readonly rule: SyntaxRule;
  /** What a node must match besides its kind; absent when the walk collects nodes of this kind for this rule alone. */
  readonly confirm?: NapiConfig;
}

/** The rules of one language. */
export interface Family {
  /** Collects every node that a rule may want, and the scopes. */
  readonly search: NapiConfig;
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>;
  readonly scopes: ReadonlySet<string>;
}

/** Every rule over syntax. */
export const syntaxRules: readonly SyntaxRule[] = [...scriptRules, ...pythonRules, ...goRules, ...rustRules];

/** What the rules over syntax mean. */
export const syntaxRuleTexts: readonly RuleText[] = syntaxRules.map(({ id, means, next }) => ({ id, means, next }));

const typescript = family(scriptRules, [{ kind: 'ambient_declaration' }]);

/** The rules by language. */
export const families: Readonly<Record<SyntaxLanguage, Family>> = {
  typescript,
  tsx: typescript,
  javascript: family(scriptRules),
  python: family(pythonRules),
  go: family(goRules, goScopes),
  rust: family(rustRules, rustScopes),
};

function family(rules: readonly SyntaxRule[], scopes: readonly KindSearch[] = []): Family {
  const searches = [...scopes, ...rules.flatMap(({ search }) => search)];
  const kinds = new Set(searches.map(({ kind }) => kind));
  return {
    search: { rule: { any: searches } },
    scopes: new Set(scopes.map(({ kind }) => kind)),
    candidates: new Map([...kinds].map((kind) => [kind, candidatesFor(kind, rules, scopes)])),
  };
}

function candidatesFor(kind: string, rules: readonly SyntaxRule[], scopes: readonly KindSearch[]): readonly Candidate[] {
  const wanting = rules.filter(({ search }) => search.some((one) => one.kind === kind));
  if (wanting.length === 1 && !scopes.some((scope) => scope.kind === kind)) return wanting.map((rule) => ({ rule }));
  return wanting.map((rule) => ({ rule, confirm: { rule: { any: rule.search.filter((one) => one.kind === kind) } } }));
}
