// All injections, by who reads them: a planner, or a Coder.
import { answerInjections } from './answers.ts';
import { otherInjections } from './elsewhere.ts';
import { fileInjections } from './files.ts';
import type { Injection } from './injection.ts';
import { missionInjections } from './missions.ts';

/** What a planner meets. */
export const planningInjections: readonly Injection[] = [...missionInjections, ...answerInjections];

/** What a Coder meets. */
export const coderInjections: readonly Injection[] = [...fileInjections, ...otherInjections];
