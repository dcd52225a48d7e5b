// go.mod, Gemfile, pom.xml and build.gradle: formats of which a few lines say all that is asked.
import { type Dependency, fromAddress, fromRange, linesOf, type Manifest } from './dependency.ts';

/** What a go.mod says. */
export function readGoMod(text: string): Manifest {
  const lines = linesOf(text);
  const dependencies: Dependency[] = [];
  let isInBlock = false;
  for (const [at, line] of lines.entries()) {
    isInBlock = /^require[ \t]*\(/.test(line) || (isInBlock && !line.startsWith(')'));
    const [, name] = (isInBlock ? /^[ \t]+([^\s/]\S*)[ \t]+v\S+/ : /^require[ \t]+([^\s(]+)[ \t]+v\S+/).exec(line) ?? [];
    if (name !== undefined && !/\/\/[ \t]*indirect/.test(line)) dependencies.push({ name, isDev: false, line: at + 1 });
  }
  return { ecosystem: 'Go', dependencies, runtime: lines.find((line) => line.startsWith('go '))?.slice('go '.length).trim(), locks: ['go.sum'] };
}

/** What a Gemfile says. */
export function readGemfile(text: string): Manifest {
  const lines = linesOf(text);
  const dependencies: Dependency[] = [];
  let isDevGroup = false;
  for (const [at, line] of lines.entries()) {
    if (/^[ \t]*group\b.*\bdo\b/.test(line)) isDevGroup = /:(?:development|test)\b/.test(line);
    else if (line.startsWith('end')) isDevGroup = false;
    const gem = gemOf(line, at + 1, isDevGroup);
    if (gem !== undefined) dependencies.push(gem);
  }
  return { ecosystem: 'RubyGems', dependencies, runtime: /^[ \t]*ruby[ \t]+["']([^"'\n]+)["']/m.exec(text)?.[1], locks: ['Gemfile.lock'] };
}

function gemOf(line: string, at: number, isDevGroup: boolean): Dependency | undefined {
  const [, name, options = ''] = /^[ \t]*gem[ \t(]*["']([^"']+)["'](.*)$/.exec(line) ?? [];
  if (name === undefined) return undefined;
  const named = { name, isDev: isDevGroup || /\bgroups?\b.*:(?:development|test)\b/.test(options), line: at };
  const option = (key: string) => new RegExp(String.raw`\b${key}(?::|[ \t]*=>)[ \t]*["']([^"']+)["']`).exec(options)?.[1];
  if ((option('git') ?? option('github')) !== undefined) return fromAddress(named, option('ref'));
  return option('path') === undefined ? fromRange(named, /^,[ \t]*["']([^"']*)["']/.exec(options)?.[1] ?? '') : named;
}

/** What a pom.xml says; a dependency without a version has it from a parent. */
export function readPom(text: string): Manifest {
  const dependencies: Dependency[] = [];
  let line = 1;
  for (const part of text.split('<dependency>')) {
    const body = part.slice(0, Math.max(0, part.indexOf('</dependency>')));
    const field = (name: string) => new RegExp(String.raw`<${name}>\s*([^<\s]+)\s*</${name}>`).exec(body)?.[1];
    const [group, artifact] = [field('groupId'), field('artifactId')];
    if (line > 1 && group !== undefined && artifact !== undefined) dependencies.push(fromRange({ name: `${group}:${artifact}`, isDev: field('scope') === 'test', line }, field('version') ?? 'managed'));
    line += part.split('\n').length - 1;
  }
  return { ecosystem: 'Maven', dependencies, runtime: /<(?:maven\.compiler\.(?:release|source)|java\.version)>\s*([^<\s]+)/.exec(text)?.[1], locks: [] };
}

const gradleLine = /^[ \t]*(\w*(?:[iI]mplementation|[aA]pi|[cC]ompileOnly|[rR]untimeOnly|[aA]nnotationProcessor))[ \t(]+["']([\w.-]+:[\w.-]+)(?::([^"'@:]*))?/;

/** What a build.gradle or build.gradle.kts says. */
export function readGradle(text: string): Manifest {
  const dependencies = linesOf(text).flatMap((line, at): readonly Dependency[] => {
    const [, configuration = '', name, version = 'managed'] = gradleLine.exec(line) ?? [];
    return name === undefined ? [] : [fromRange({ name, isDev: /test/i.test(configuration), line: at + 1 }, version)];
  });
  return { ecosystem: 'Maven', dependencies, runtime: /languageVersion[^\n]{0,80}of\((\d+)\)|sourceCompatibility[ =]+["']?([\w.]+)/.exec(text)?.slice(1).find(Boolean), locks: [] };
}
