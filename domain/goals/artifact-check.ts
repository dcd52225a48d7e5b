// Decides a goal whose check is about an artifact: that it exists, its digest, and what a verifier found inside.
import type { ArtifactCheck } from '#api/v1alpha1/mission.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import { plainText } from '#domain/conditions.ts';
import { needsVerifier } from '#domain/plan/derived.ts';
import type { TaskFact } from './facts.ts';
import type { Verdict, World } from './verdict.ts';
import { distrust, proofOf, verificationOf, verifierFailed } from './verification.ts';

const shownNames = 5;
const shownFault = 300;

/** The verdict on an artifact. */
export function judgeArtifact(goal: string, check: ArtifactCheck, world: World): Verdict {
  const what = `artifact ${check.name} of task ${check.task}`;
  const maker = world.tasks.get(check.task);
  if (maker?.outcome === undefined) return { state: 'Unknown', reason: 'Waiting', evidence: `${what} is not there yet` };
  const artifact = maker.artifacts.find(({ name }) => name === check.name);
  if (maker.outcome !== 'Succeeded' || artifact === undefined) return { state: 'Unmet', reason: 'ArtifactMissing', evidence: `${what} is not there: ${describeLack(maker)}` };
  const found = `${what}: ${artifact.sizeBytes} bytes, SHA-256 ${artifact.sha256}`;
  if (check.sha256 !== undefined && check.sha256 !== artifact.sha256) return { state: 'Unmet', reason: 'ArtifactFailed', evidence: `${found}, not ${check.sha256}` };
  if (!needsVerifier(check)) return { state: 'Met', reason: 'ArtifactPassed', evidence: found };
  const verification = verificationOf(goal, what, world);
  return verification.kind === 'open' ? verification.verdict : judgeContent(verification.verifier, { what, found, artifact }, world);
}

function describeLack({ outcome, artifacts }: TaskFact): string {
  if (outcome !== 'Succeeded') return `the task ended as ${outcome ?? ''}`;
  if (artifacts.length === 0) return 'the task made none';
  const more = artifacts.length > shownNames ? ` and ${artifacts.length - shownNames} more` : '';
  return `the task made ${artifacts.slice(0, shownNames).map(({ name }) => name).join(', ')}${more}`;
}

interface Subject {
  readonly what: string;
  /** What is known without looking inside. */
  readonly found: string;
  readonly artifact: Artifact;
}

function judgeContent(verifier: TaskFact, { what, found, artifact }: Subject, world: World): Verdict {
  const { sha256, firstFault } = verifier.observed;
  const proof = proofOf(verifier, typeof sha256 === 'string' ? { artifactSha256: sha256.slice(0, 64) } : {});
  // Without a digest nothing was read, so nothing was found.
  if (typeof sha256 !== 'string') return verifierFailed(verifier, what, proof);
  const doubt = distrust(verifier, world) ?? (sha256 === artifact.sha256 ? undefined : `${verifier.name} read other bytes: SHA-256 ${sha256}`);
  const checked = `${found}; checked on agent ${verifier.agent ?? ''}`;
  if (doubt !== undefined) return { state: 'Unmet', reason: 'UnverifiedEvidence', evidence: `${doubt}; ${checked}`, ...proof };
  if (verifier.outcome === 'Succeeded') return { state: 'Met', reason: 'ArtifactPassed', evidence: checked, ...proof };
  return { state: 'Unmet', reason: 'ArtifactFailed', evidence: `${checked}: ${plainText(typeof firstFault === 'string' ? firstFault : verifier.message, shownFault)}`, ...proof };
}
