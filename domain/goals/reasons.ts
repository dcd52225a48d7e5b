// Why a goal has its state. The same table feeds docs/troubleshooting.md, like the reasons of conditions.
import type { ReasonText } from '#api/conditions.ts';

/** Every reason that status.goals can show. */
export const goalReasons = {
  Waiting: { means: 'Tasks that the check reads, or that carry it out, have not ended.', next: '' },
  NoIndependentVerifier: {
    means: 'Every agent that could carry out the check executed one of the checked tasks; another agent is being asked for.',
    next: 'Wait for the agent, or raise scaling.maxReplicas of the pool: kubectl mission why.',
  },
  ExpressionTrue: { means: 'The check holds for what was measured.', next: '' },
  ExpressionFalse: { means: 'The check does not hold for what was measured.', next: 'Read the evidence of the goal, then the tasks that it names.' },
  FieldMissing: { means: 'The tasks have ended, but a field that the check reads was never measured.', next: 'Check the name of the field that the evidence shows as missing, and that its task succeeded.' },
  CommandPassed: { means: 'An agent that executed none of the checked tasks ran the command on their files, and it ended as it should.', next: '' },
  CommandFailed: { means: 'The command ran on the files of the checked tasks and ended otherwise.', next: 'Read the evidence of the goal, then the log of the task that proof names.' },
  ArtifactPassed: { means: 'The artifact is there, and is as the check says.', next: '' },
  ArtifactMissing: { means: 'The task did not succeed, or made no artifact of this name.', next: 'Look at the task that the evidence names.' },
  ArtifactFailed: { means: 'The artifact is there, but is not as the check says.', next: 'Read the evidence of the goal, then the artifact: kubectl mission artifacts.' },
  AwaitingApproval: { means: 'People are asked to approve the work, and have not said enough yet.', next: 'Look at what the evidence names, then say it: kubectl mission approve, or kubectl mission reject.' },
  Approved: { means: 'As many people as were asked for approved the work.', next: '' },
  Rejected: { means: 'Somebody rejected the work.', next: 'Read the evidence of the goal and talk to who it names; what they look at next is another run.' },
  JudgePassed: { means: 'As many votes of a judging model as were asked for say that the rubric is true of the work.', next: '' },
  JudgeFailed: { means: 'Too few votes of the judging model say that the rubric is true of the work.', next: 'Read the reason in the evidence of the goal, then judgement.json of the task that proof names: kubectl mission artifacts.' },
  NotVerified: { means: 'The check was not carried out: what it is about did not come about, or the mission was brought to an end.', next: 'Look at the task that the evidence names.' },
  VerifierFailed: { means: 'The check could not be carried out, in any attempt.', next: 'Read the evidence of the goal, then the log of the task that it names.' },
  PartsMet: { means: 'All required parts of the goal are met.', next: '' },
  PartsUnmet: { means: 'A required part of the goal is not met.', next: 'Read the goals that the evidence names.' },
  UnverifiedEvidence: {
    means: 'A task that the check reads did not run on the recorded files, or changed them, or ran on an agent whose own work it checks: its results prove nothing.',
    next: 'Let a task of its own check the files: one that starts from them (workspaceFrom) and changes nothing; or use a command check.',
  },
  ExpressionError: { means: 'The check could not be evaluated on what was measured.', next: 'Correct the expression: the evidence shows the values and the error.' },
} as const satisfies Record<string, ReasonText>;

export type GoalReason = keyof typeof goalReasons;
