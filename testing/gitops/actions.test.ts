// The actions that Argo CD offers, run by Argo CD itself: which make sense when, and what they change.
import { describe, expect, test } from 'vitest';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import { aMission } from '../builders/mission.ts';
import { aPool } from '../builders/pool.ts';
import { argoAction, argoActions, argoIsAbsent } from './argo.ts';

const why = argoIsAbsent === undefined ? '' : ` (SKIPPED: ${argoIsAbsent})`;

const status = (succeeded: 'True' | 'False' | 'Unknown', runNumber = 1): MissionStatus => ({ runNumber, conditions: [{ type: 'Succeeded', status: succeeded, reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
const two = aMission('m').withTasks('a', 'b');
const ended = (runNumber: number) => two.status(status('True', runNumber));
const mode = (operatingMode: 'Suspend' | 'Stop' | 'Cancel') => two.spec({ operatingMode }).status(status('Unknown'));

const offers: Record<string, { object: object; want: readonly string[] }> = {
  'a mission that nobody has looked at': { object: two.build(), want: ['suspend', 'stop', 'cancel'] },
  'a mission that runs': { object: two.status(status('Unknown')).build(), want: ['suspend', 'stop', 'cancel'] },
  'a suspended mission': { object: mode('Suspend').build(), want: ['resume', 'stop', 'cancel'] },
  'a mission that is being stopped': { object: mode('Stop').build(), want: ['cancel'] },
  'a mission that is being cancelled': { object: mode('Cancel').build(), want: [] },
  'a mission that has succeeded': { object: ended(1).build(), want: ['rerun'] },
  'a mission that has failed': { object: two.status(status('False')).build(), want: ['rerun'] },
  'a mission that was run again from here': { object: ended(2).spec({ runRequest: 'argocd-2' }).build(), want: ['rerun'] },
  'a mission whose next run is somebody else\'s matter': { object: ended(1).spec({ runRequest: 'release-7' }).build(), want: [] },
  'a pool that serves': { object: aPool().build(), want: ['pause', 'drain'] },
  'a pool that is paused': { object: aPool().spec({ operatingMode: 'Pause' }).build(), want: ['drain', 'serve'] },
};

const changes: Record<string, { object: object; action: string; want: readonly string[] }> = {
  suspend: { object: two.build(), action: 'suspend', want: ['operatingMode: Suspend'] },
  resume: { object: mode('Suspend').build(), action: 'resume', want: ['operatingMode: Run'] },
  stop: { object: two.build(), action: 'stop', want: ['operatingMode: Stop'] },
  cancel: { object: two.build(), action: 'cancel', want: ['operatingMode: Cancel'] },
  'rerun asks for the run after the last, by a token that a second press does not change': { object: ended(3).build(), action: 'rerun', want: ['runRequest: argocd-4'] },
  'rerun of a mission that was cancelled lets it run': { object: ended(1).spec({ operatingMode: 'Cancel' }).build(), action: 'rerun', want: ['operatingMode: Run', 'runRequest: argocd-2'] },
  'a pool is paused': { object: aPool().build(), action: 'pause', want: ['operatingMode: Pause'] },
  'a pool is drained': { object: aPool().build(), action: 'drain', want: ['operatingMode: Drain'] },
  'a pool serves again': { object: aPool().spec({ operatingMode: 'Drain' }).build(), action: 'serve', want: ['operatingMode: Serve'] },
};

describe.skipIf(argoIsAbsent !== undefined)(`what Argo CD offers${why}`, { timeout: 60_000 }, () => {
  test.each(Object.entries(offers))('%s', async (_, { object, want }) => {
    expect((await argoActions(object)).toSorted()).toEqual(want.toSorted());
  });
});

describe.skipIf(argoIsAbsent !== undefined)(`what an action changes${why}`, { timeout: 60_000 }, () => {
  test.each(Object.entries(changes))('%s', async (_, { object, action, want }) => {
    expect((await argoAction(object, action)).toSorted()).toEqual(want.toSorted());
  });
});
