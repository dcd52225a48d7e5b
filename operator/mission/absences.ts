// Which Task objects the API server itself said are gone. Memory only: another leader asks again.

/** Names of absent objects by mission UID. */
export class Absences {
  readonly #byMission = new Map<string, Set<string>>();

  note(missionUid: string, name: string): void {
    this.#byMission.set(missionUid, (this.#byMission.get(missionUid) ?? new Set()).add(name));
  }

  of(missionUid: string): ReadonlySet<string> {
    return this.#byMission.get(missionUid) ?? none;
  }

  /** Forgets all missions but these. */
  keep(missionUids: ReadonlySet<string>): void {
    for (const uid of this.#byMission.keys()) if (!missionUids.has(uid)) this.#byMission.delete(uid);
  }
}

const none: ReadonlySet<string> = new Set();
