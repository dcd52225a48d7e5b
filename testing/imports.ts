// Reads the imports of a TypeScript file without a compiler: static, re-exported, type-only and dynamic ones; comments and templates do not count.

export interface Import {
  readonly specifier: string;
  /** True when nothing of it is left at run time. */
  readonly isType: boolean;
  /** Imported names as the other module calls them; `*` for all of it. */
  readonly names: readonly string[];
}

const quoted = String.raw`(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)")`;
const fromClause = new RegExp(String.raw`^[ \t]*(import|export)\b\s*(type\b\s*(?=[{*\w]))?([^'";=()]*?)\s*from\s*${quoted}`, 'gm');
const bare = new RegExp(String.raw`^[ \t]*import\s*${quoted}`, 'gm');
const dynamic = new RegExp(String.raw`\bimport\(\s*${quoted}`, 'g');

/** All imports of a file, in no promised order. */
export function importsOf(source: string): Import[] {
  const text = withoutComments(source);
  const named = [...text.matchAll(fromClause)].map(([, , type, clause = '', single, double]): Import => ({ specifier: single ?? double ?? '', isType: type !== undefined, names: namesOf(clause) }));
  const whole = [...text.matchAll(bare), ...text.matchAll(dynamic)].map(([, single, double]): Import => ({ specifier: single ?? double ?? '', isType: false, names: ['*'] }));
  return [...named, ...whole];
}

/** Blanks comments, templates and every string but those that name a module. */
function withoutComments(source: string): string {
  const pattern = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return source.replaceAll(pattern, (match, text: string | undefined, at: number) => {
    const namesModule = text !== undefined && /(\bfrom|\bimport|\bimport\()\s*$/.test(source.slice(Math.max(0, at - 40), at));
    return namesModule ? match : match.replaceAll(/[^\n]/g, ' ');
  });
}

function namesOf(clause: string): string[] {
  const [before = '', inside = ''] = clause.split(/[{}]/);
  const listed = inside.split(',').map((name) => name.trim().replace(/^type\s+/, '').replace(/\s+as\s+.*$/, ''));
  const whole = before.includes('*') ? ['*'] : before.replace(',', '').trim() === '' ? [] : ['default'];
  return [...whole, ...listed.filter((name) => name !== '')];
}
