import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureClasses } from '#domain/consistency/state.ts';
import { evidence, groupOf, ruleGroups } from './catalogue.ts';
import type { Mark } from './marks.ts';
import { readRepositories, type Repository, type SeededFault } from './repositories.ts';

const repositories = await readRepositories();
const faults = repositories.flatMap((repository) => repository.faults.map((fault) => ({ repository, ...fault })));
const lookAlikes = repositories.flatMap((repository) => repository.lookAlikes.map((mark) => ({ repository, mark })));
const place = ({ path, line }: Mark) => `${path}:${line}`;

const linesFrom = ({ files }: Repository, { path, line }: Mark, count: number) =>
  (files.get(path) ?? '').split('\n').slice(line - 1, line - 1 + count).map((text) => text.trim());

describe('the corpus', () => {
  test('is large enough', () => {
    const least = { cycles: 10, duplicates: 12, complexity: 5, secrets: 14, rules: 45 };
    const tooFew = ruleGroups.filter((group) => faults.filter(({ rule }) => groupOf(rule) === group).length < least[group]);
    expect(tooFew).toEqual([]);
    expect(repositories.length).toBeGreaterThanOrEqual(12);
    expect(faults.length).toBeGreaterThanOrEqual(90);
    expect(lookAlikes.length).toBeGreaterThanOrEqual(60);
  });

  test.each(Object.keys(evidence))('%s has a fault and a look-alike', (rule) => {
    expect(faults.filter((fault) => fault.rule === rule)).not.toEqual([]);
    expect(lookAlikes.filter(({ mark }) => mark.rule === rule)).not.toEqual([]);
  });

  test('marks name rules of the catalogue, and nothing is both a fault and a look-alike', () => {
    const known = (mark: Mark) => Object.hasOwn(evidence, mark.rule);
    expect(faults.flatMap(({ places }) => places).filter((mark) => !known(mark))).toEqual([]);
    expect(lookAlikes.filter(({ mark }) => !known(mark))).toEqual([]);
    for (const { repository, mark } of lookAlikes) {
      const clash = repository.faults.filter(({ rule, places }) => rule === mark.rule && places.some((at) => place(at) === place(mark)));
      expect(clash).toEqual([]);
    }
  });

  test.each(repositories.map((repository) => [repository.name, repository] as const))('%s has a README, tests, marked places in its files, and no mark left', (_, { files, faults: own, tests }) => {
    const texts = [...files.values()];
    expect(files.has('README.md')).toBe(true);
    expect([...files.keys()].some((path) => /test/.test(path))).toBe(tests.failureClass !== 'noTests');
    expect(texts.join('').split('\n').length).toBeGreaterThan(150);
    expect(texts.filter((text) => /[«»]|<secret:/.test(text))).toEqual([]);
    const outside = own.flatMap(({ places }) => places).filter(({ path, line }) => line > (files.get(path) ?? '').split('\n').length);
    expect(outside).toEqual([]);
  });
});

describe('a marked line shows its fault', () => {
  test.each(faults.map(({ repository, rule, places }) => [`${repository.name}: ${rule} at ${places.map(place).join(', ')}`, rule, places] as const))('%s', (_, rule, places) => {
    for (const { text } of places) expect(text).toMatch(evidence[rule] ?? /never/);
  });
});

describe('a duplicate is one: at least six equal lines of code', () => {
  test.each(of('duplicate-block'))('%s', (_, repository, { places }) => {
    const copies = places.map((mark) => linesFrom(repository, mark, 40).slice(1));
    const ends = copies[0]?.findIndex((line, at) => copies.some((copy) => copy[at] !== line)) ?? 0;
    const block = [places[0]?.text ?? '', ...(copies[0]?.slice(0, ends) ?? [])];
    expect(places.length).toBeGreaterThan(1);
    expect(block.length).toBeGreaterThanOrEqual(6);
    expect(block.join(' ').match(/"[^"]*"|'[^']*'|`[^`]*`|\w+|[^\w\s]/g)?.length).toBeGreaterThanOrEqual(65);
  });
});

describe('a cycle is one: each member imports another, or itself', () => {
  test.each(of('import-cycle'))('%s', (_, { files }, { places }) => {
    const members = places.map(({ path }) => path);
    expect(new Set(members).size).toBe(members.length);
    const reached = places.map(({ path, text }) => members.find((member) => namesModule(text, path, member)));
    expect(reached).not.toContain(undefined);
    expect(new Set(reached).size).toBe(members.length);
    expect(members.filter((member) => !files.has(member))).toEqual([]);
  });
});

describe('secrets', () => {
  test('are of their form when laid out, and the same every time', async () => {
    const again = await readRepositories();
    expect(again.map(({ files }) => [...files])).toEqual(repositories.map(({ files }) => [...files]));
    for (const { repository, rule, places } of faults.filter(({ rule: name }) => name.startsWith('secret-'))) {
      for (const mark of places) expect(linesFrom(repository, mark, 1)[0]).toMatch(forms[rule] ?? /never/);
    }
  });

  test('do not stand in this folder as they are', async () => {
    const paths = (await readdir(import.meta.dirname, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const plain = Object.entries(forms).filter(([rule]) => rule !== 'secret-password' && rule !== 'secret-private-key');
    const texts = await Promise.all(paths.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
    // The placeholder of AWS's manuals and a row of x are no secrets.
    const found = plain.flatMap(([, form]) => texts.flatMap((text) => text.match(new RegExp(form, 'g')) ?? [])).filter((word) => !/EXAMPLE|x{20}/.test(word));
    expect(found).toEqual([]);
  });
});

test.each(repositories.map(({ name, tests }) => [name, tests] as const))('the tests of %s fail with the gravest class of their failures', (_, tests) => {
  const gravest = failureClasses.findLast((kind) => tests.failures.some((failure) => failure.class === kind));
  expect(tests.failureClass).toBe(gravest ?? (tests.passed === 0 ? 'noTests' : 'none'));
});

const forms: Readonly<Record<string, RegExp>> = {
  'secret-aws-key': /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/,
  'secret-github-token': /\b(?:ghp_\w{36}|github_pat_\w{22}_\w{59})\b/,
  'secret-private-key': /-----BEGIN (?:RSA )?PRIVATE KEY-----$/,
  'secret-slack-token': /\bxox[bp]-\d{12}-/,
  'secret-google-key': /\bAIza\w{35}\b/,
  'secret-stripe-key': /\b[sr]k_live_\w{24}\b/,
  'secret-npm-token': /\bnpm_\w{36}\b/,
  'secret-jwt': /\beyJ\w+\.eyJ\w+\.\w{43}\b/,
  'secret-password': /["'][\w!-]{16}["']/,
};

function of(rule: string) {
  const found = faults.filter((fault) => fault.rule === rule);
  return found.map(({ repository, ...fault }): readonly [string, Repository, SeededFault] => [`${repository.name} ${fault.places.map(place).join(', ')}`, repository, fault]);
}

/** Whether an import of `from` may mean the module of `member`: by its name, or as the package of a folder. */
function namesModule(text: string, from: string, member: string): boolean {
  const stem = posix.basename(member).replace(/\.\w+$/, '');
  const isPackage = stem === 'index' || stem === '__init__';
  const folder = posix.basename(posix.dirname(member));
  if (isPackage && new RegExp(String.raw`\bfrom ${folder} import|/${folder}'|\./index\.`).test(text)) return true;
  return new RegExp(String.raw`[./ #]${stem}(?:\.[jt]s)?(?:'| import|\s|$)`).test(text) && (member !== from || text.includes(`./${stem}.`));
}
