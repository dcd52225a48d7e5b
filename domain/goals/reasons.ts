// Why a goal has its state. The same table feeds docs/troubleshooting.md, like the reasons of conditions.
import type { ReasonText } from '#api/conditions.ts';

/** Every reason that status.goals can show. */
export const goalReasons = {
  Waiting: { means: 'Tasks that the check reads have not ended.', next: '' },
  ExpressionTrue: { means: 'The check holds for what was measured.', next: '' },
  ExpressionFalse: { means: 'The check does not hold for what was measured.', next: 'Read the evidence of the goal, then the tasks that it names.' },
  FieldMissing: { means: 'The tasks have ended, but a field that the check reads was never measured.', next: 'Check the name of the field that the evidence shows as missing, and that its task succeeded.' },
  UnverifiedEvidence: {
    means: 'A task that the check reads did not run on the recorded files, or changed them, so its results prove nothing.',
    next: 'Let a task of its own check the files: one that starts from them (workspaceFrom) and changes nothing.',
  },
  ExpressionError: { means: 'The check could not be evaluated on what was measured.', next: 'Correct the expression: the evidence shows the values and the error.' },
} as const satisfies Record<string, ReasonText>;

export type GoalReason = keyof typeof goalReasons;
