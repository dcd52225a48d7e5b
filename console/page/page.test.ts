// The page in a real browser, behind the command's own loopback and the real console: what people see and do. Pictures for the docs are taken with PICTURES=1.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Loopback, startLoopback } from '#cli/access/loopback.ts';
import { chromiumWords, findChromium, noChromium } from '#devcluster/services/chromium/chromium.ts';
import { aMission } from '#testing/builders/mission.ts';
import { taskOf } from '#testing/builders/task.ts';
import { type Assets, readAssets } from '../assets.ts';
import { manyMissions, now, theMission, thePools } from '../fake-world.ts';
import { answered, compressedSize, mirrorWith, startTestConsole, type TestConsole } from '../testing.ts';

const root = dirname(dirname(import.meta.dirname));
const program = findChromium(process.env);
if (program === undefined) console.warn(noChromium);

const markup = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';
const evil = aMission('evil').meta({ namespace: 'team-x' }).withTask('do').spec({ goal: `goal ${markup}` }).withCheck('safe', { expression: 'true' }, { description: `text ${markup}` }).build();
const evilTask = taskOf(evil, 'do').ended('Failed', 'ActionFailed').status({ outcome: { result: 'Failed', reason: 'ActionFailed', message: `message ${markup}`, time: '2026-01-01T00:00:10Z' } }).build();
const question = { kind: 'Plan' as const, name: 'asks-plan-1', digest: 'a'.repeat(64), question: 'May this plan run?', required: 2, approvedBy: ['anna'] };
const asks = aMission('asks').meta({ namespace: 'team-x' }).withTask('do').status({ observedGeneration: 1, approvals: [question], conditions: [{ type: 'ApprovalRequired', status: 'True', reason: 'AwaitingApproval', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] }).build();
const large = Array.from({ length: 100 }, (_, index) => index).reduce((builder, index) => builder.withTask(`task-${index}`, { after: index < 20 ? [] : [`task-${index - 20}`, `task-${(index * 7) % 20}`] }), aMission('large').meta({ namespace: 'team-x' })).build();

/** looks.tsx as a script. */
let looks: string;
let folder: string;
let assets: Assets;
let world: TestConsole;
let loopback: Loopback | undefined;
let agent: Agent;
let browser: Browser | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coditect-page-'));
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'bundle.ts'), '--out', folder, 'console']);
  assets = await readAssets(join(folder, 'console-page'));
  looks = (await transform(await readFile(join(import.meta.dirname, 'looks.tsx'), 'utf8'), { loader: 'tsx', format: 'iife', globalName: 'looks' })).code;
  if (program === undefined) return;
  const { mission, tasks, events } = theMission();
  const waits = () => answered([{ task: 'review', reason: 'WaitingForDependencies', message: 'waits for load-tests', position: 0 }]);
  world = await startTestConsole({ callers: { token: ['*'] }, objects: [mission, ...tasks, ...manyMissions(996), evil, asks, evilTask, large, ...thePools()], assets, others: { ...mirrorWith(events), waits } });
  agent = new Agent({ ca: world.ca, servername: world.serverName, keepAlive: true });
  browser = await chromium.launch({ executablePath: program, args: [...chromiumWords] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await loopback?.close();
  agent?.destroy();
  await world?.close();
  await rm(folder, { recursive: true });
});

/** What a browser complained of: errors, refused scripts, requests to elsewhere. */
let complaints: string[];
let context: BrowserContext | undefined;
afterEach(async () => {
  await context?.close();
  context = undefined;
});

interface Look {
  readonly hash?: string;
  readonly dark?: boolean;
  readonly width?: number;
  /** Unset: real time. */
  readonly at?: number;
}

function get(path: string, accept: string, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { accept, authorization: 'Bearer token' };
  return new Promise((resolve, reject) => request({ agent, host: '127.0.0.1', port: world.port, path, signal, headers }, resolve).on('error', reject).end());
}

const origin = () => new URL(loopback?.url ?? '').origin;

/** A page of its own, behind a listener of its own: each is for one browser. */
async function open({ hash = '', dark = false, width = 1440, at }: Look = {}): Promise<Page> {
  if (browser === undefined) throw new Error(noChromium);
  complaints = [];
  await loopback?.close();
  loopback = await startLoopback({ console: { get }, port: 0 });
  context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => (message.type() === 'error' ? complaints.push(message.text()) : undefined));
  page.on('request', (sent) => (sent.url().startsWith(origin()) ? undefined : complaints.push(sent.url())));
  if (at !== undefined) await page.clock.setFixedTime(at);
  await page.goto(loopback.url);
  if (hash !== '') await page.goto(`${origin()}/${hash}`);
  return page;
}

const theHash = '#/missions/team-payments/harden-checkout';
const textOf = (page: Page, selector: string) => page.locator(selector).first().innerText();

test('the page is less than 100 KB compressed, all of it, and nothing in it comes from elsewhere', () => {
  const sizes = [...assets].map(([path, { body }]) => [path, compressedSize(body)] as const);
  expect(sizes.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(100_000);
  expect([...assets.keys()].filter((path) => path !== '/' && !/^\/assets\/[a-z]+-[A-Z0-9]{8}\.(js|css|svg)$/.test(path))).toEqual([]);
  const html = Buffer.from(assets.get('/')?.body ?? []).toString();
  expect(html).not.toMatch(/https?:|<script(?![^>]* src=)|style=|%/);
});

// Other work on this machine may make it slow.
describe.skipIf(program === undefined)('in a browser', { timeout: 60_000 }, () => {
  test('a thousand missions are there at once, and those in sight are drawn', async () => {
    const paints: number[] = [];
    let page = await open();
    for (let turn = 0; turn < 3; turn++) {
      await page.locator('.row').first().waitFor();
      paints.push(await page.evaluate<number>("Math.round(performance.getEntriesByName('first-contentful-paint')[0].startTime)"));
      await context?.close();
      page = await open();
    }
    await page.locator('.row').first().waitFor();
    console.log(`1,000 missions: first contentful paint after ${paints.join(', ')} ms; rows seen after ${await page.evaluate<number>('Math.round(performance.now())')} ms`);
    expect(await page.locator('.groups button').first().innerText()).toBe('All 1000');
    expect(await page.locator('.row').count()).toBeLessThan(60);
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await expect.poll(() => page.locator('.row').last().getAttribute('aria-rowindex')).toBe('1001');
    expect(complaints).toEqual([]);
  });

  test('is used without a mouse: filter, choose, open, look at tasks, go back', async () => {
    const page = await open();
    await page.locator('.row').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('payments harden');
    await expect.poll(() => page.locator('.row').count()).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.row').count()).toBeGreaterThan(10);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await page.locator('.row.at').getAttribute('aria-rowindex')).toBe('2');
    await page.goto(`${origin()}/${theHash}`);
    await page.locator('.node').first().waitFor();
    for (const _ of ['survey', 'find-secrets']) await page.keyboard.press('j');
    expect(await textOf(page, '#task')).toBe('find-secrets');
    expect(await page.locator('.artifacts').innerText()).toContain('report.md');
    await page.keyboard.press('Escape');
    expect(await page.locator('#task').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.locator('.row').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('.mission-head').waitFor();
    expect(complaints).toEqual([]);
  });

  test('shows what is different as soon as it is', async () => {
    const page = await open();
    await page.locator('.row').first().waitFor();
    world.cluster.put({ ...aMission('just-made').meta({ namespace: 'team-x', creationTimestamp: '2026-12-01T00:00:00Z' }).build() });
    await page.locator('.row', { hasText: 'just-made' }).waitFor();
    world.cluster.remove('missions', { namespace: 'team-x', name: 'just-made' });
    await expect.poll(() => page.locator('.row', { hasText: 'just-made' }).count()).toBe(0);
  });

  test('a mission: graph, timeline, evidence, what it waits for, costs', async () => {
    const page = await open({ hash: theHash, at: now });
    await page.locator('.slider').waitFor();
    expect(await page.locator('.node').count()).toBe(11);
    expect(await page.locator('.node.busy').getAttribute('aria-label')).toBe('Task load-tests, running');
    expect(await page.locator('.attempt').count()).toBe(11);
    expect(await page.locator('.goals-list').innerText()).toContain('checked by unit-tests on testers-x9c2v, tree 9f8e2c1d');
    expect(await page.locator('ul.why').innerText()).toContain('waits for load-tests');
    expect(await textOf(page, 'dl.figures')).toContain('$1.86 of $4.00');
    expect(await page.locator('.card', { hasText: 'Cost' }).last().innerText()).toContain('claude-sonnet-5-5');
    expect(complaints).toEqual([]);
  });

  test('the slider goes back in time: tasks, goals and costs are those of that moment', async () => {
    const page = await open({ hash: theHash, at: now });
    const slider = page.locator('input[type=range]');
    await slider.fill('250');
    expect(await page.locator('.crumbs').innerText()).toContain('as it was at 2026-11-23 14:09');
    expect(await textOf(page, 'dl.figures')).toContain('1 / 4');
    expect(await page.locator('.node', { hasText: 'fix-timeouts' }).getAttribute('aria-label')).toBe('Task fix-timeouts, running');
    expect(await page.locator('.attempt.to-come').count()).toBe(5);
    await slider.focus();
    const before = await slider.getAttribute('aria-valuetext');
    for (const _ of [1, 2, 3]) await page.keyboard.press('ArrowRight');
    expect(await slider.getAttribute('aria-valuetext')).not.toBe(before);
    await page.keyboard.press('[');
    expect(await textOf(page, '.slider output')).toMatch(/task\.\w+ [a-z-]+|mission\.\w+/);
    await page.keyboard.press('l');
    expect(await slider.getAttribute('aria-valuetext')).toBe('now');
    await page.keyboard.press(' ');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).not.toBe('now');
    expect(await page.getByLabel('Pause the replay').count()).toBe(1);
  });

  test('as many tasks as a mission can have are drawn', async () => {
    const page = await open({ hash: '#/missions/team-x/large' });
    await page.locator('.node').first().waitFor();
    expect(await page.locator('.node').count()).toBe(100);
  });

  test('texts of others are text', async () => {
    const page = await open({ hash: '#/missions/team-x/evil' });
    await page.locator('.node').click();
    expect(await page.locator('.goal').innerText()).toBe(`goal ${markup}`);
    expect(await page.locator('main').innerText()).toContain(`message ${markup}`);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe('evil · Coditect');
  });

  test('what people are asked is there with what they have said, and how to answer', async () => {
    const page = await open({ hash: '#/missions/team-x/asks' });
    await page.locator('#approvals').waitFor();
    const text = await page.locator('main').innerText();
    for (const said of ['May this plan run?', '1 of 2 said yes', 'approved by anna', 'kubectl mission approve asks -n team-x']) expect(text).toContain(said);
  });

  test('what is not allowed, and what there is not, is told with what to do', async () => {
    const page = await open({ hash: '#/missions/team-x/no-such' });
    expect(await page.getByRole('alert').innerText()).toContain('there is no such mission');
  });

  test('the browser has no token and no secret that a script could read', async () => {
    const page = await open();
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(page.url()).not.toContain('key=');
    expect(await page.evaluate('JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage)])')).toBe('[[],[]]');
  });

  test('help is a dialog that keeps keys to itself', async () => {
    const page = await open({ hash: theHash });
    await page.locator('.mission-head').waitFor();
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').innerText()).toContain('next and previous mission or task');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.locator('.mission-head').count()).toBe(1);
  });

  const views = { missions: '#/missions', mission: theHash, pools: '#/pools', stats: '#/stats/team-payments' };

  test.each(Object.entries(views))('%s fits a width of 400 pixels', async (_, hash) => {
    const page = await open({ hash, width: 400 });
    await page.locator('main h1').waitFor();
    await page.locator('.row, .node, td, .plot canvas').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
  });

  test.each(Object.entries(views))('%s: one heading, everything named, nothing told by colour alone, readable in light and dark', async (_, hash) => {
    for (const dark of [false, true]) {
      const page = await open({ hash, dark });
      await page.locator('.row, .node, td, .plot canvas').first().waitFor();
      expect(await page.locator('h1').count()).toBe(1);
      await page.evaluate(`${looks}; window.looks = looks;`);
      expect(await page.evaluate('looks.unnamed()')).toEqual([]);
      expect(await page.evaluate('looks.faint()')).toEqual([]);
      expect(complaints).toEqual([]);
      await context?.close();
    }
  });
});

describe.skipIf(program === undefined || process.env['PICTURES'] !== '1')('pictures', () => {
  const expectPicture = async (page: Page, name: string) => expect(await page.screenshot({ path: join(root, 'docs', 'images', `console-${name}.png`) })).not.toHaveLength(0);

  test.each([['light', false], ['dark', true]] as const)('%s', async (name, dark) => {
    const list = await open({ dark, at: now });
    await list.locator('.row').first().waitFor();
    await list.mouse.move(0, 0);
    await expectPicture(list, `missions-${name}`);
    await context?.close();
    const mission = await open({ dark, at: now, hash: theHash });
    await mission.locator('.slider').waitFor();
    await mission.locator('td').first().waitFor();
    await mission.setViewportSize({ width: 1440, height: 1160 });
    await expectPicture(mission, `mission-${name}`);
  });

  test('a moment of the past', async () => {
    const page = await open({ at: now, hash: theHash });
    await page.locator('input[type=range]').fill('430');
    await page.locator('.node', { hasText: 'fix-token-check' }).click();
    await page.setViewportSize({ width: 1440, height: 1160 });
    await page.evaluate('scrollTo(0, 0)');
    await expectPicture(page, 'past');
  });

  test('statistics', async () => {
    const page = await open({ at: now, hash: '#/stats/team-payments' });
    await page.locator('.plot canvas').nth(1).waitFor();
    await page.locator('td').first().waitFor();
    await expectPicture(page, 'stats');
  });
});
