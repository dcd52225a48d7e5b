// What makes two results the same. Agent and operator both use this file.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { ActionRecord, Violation } from '#api/v1alpha1/task.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';

/** A result without epoch, agent, times and message: these may differ between two sendings of the same result. */
export interface ResultFacts {
  readonly result: string;
  readonly reason: string;
  readonly observed?: JsonObject | undefined;
  readonly claimed?: JsonObject | undefined;
  readonly artifacts?: readonly Pick<Artifact, 'name' | 'sha256'>[] | undefined;
  readonly treeBefore?: string | undefined;
  readonly treeAfter?: string | undefined;
  readonly commit?: string | undefined;
  readonly action?: Pick<ActionRecord, 'tool'> | undefined;
  readonly violations?: readonly Violation[] | undefined;
}

/** SHA-256 over the RFC 8785 form of a result, as hex. Absent and empty are the same, as they are in protobuf. */
export function resultDigest({ result, reason, observed = {}, claimed = {}, artifacts = [], violations = [], action, ...rest }: ResultFacts): string {
  const { treeBefore = '', treeAfter = '', commit = '' } = rest;
  const byName = artifacts.map(({ name, sha256 }) => ({ name, sha256 })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const differences = violations.map(({ kind, message, path = '' }) => ({ kind, message, path }));
  return sha256Hex(canonicalJson({ result, reason, observed, claimed, artifacts: byName, treeBefore, treeAfter, commit, tool: action?.tool ?? '', violations: differences }));
}
