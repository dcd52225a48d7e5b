// What can be done to an object from Argo CD: each action is a change of spec that a person could also make with kubectl.

/** One action. */
export interface Action {
  readonly name: string;
  /** Lua that is true when the action makes no sense now; it may use what the kind's `before` has set. */
  readonly disabledIf: string;
  /** Lua statements that change `obj`. */
  readonly change: string;
  /** The same for people. */
  readonly means: string;
}

/** The actions of a kind. */
export interface Actions {
  /** Lua statements before the conditions are asked. */
  readonly before: string;
  readonly all: readonly Action[];
}

const mode = (value: string): string => `obj.spec.operatingMode = "${value}"`;

// The token is the number of the run that is asked for: pressing twice asks for one run, and no source of chance is needed.
// A token of somebody else is left alone: where Git has one, self-heal would put it back, and that would be one more run.
const missionActions: Actions = {
  before: `local mode = obj.spec.operatingMode or "Run"
local run = 1
local ended = false
if obj.status ~= nil then
  run = obj.status.runNumber or 1
  for _, condition in ipairs(obj.status.conditions or {}) do
    if condition.type == "Succeeded" and condition.status ~= "Unknown" then
      ended = true
    end
  end
end
local request = obj.spec.runRequest
local ours = request == nil or request == "" or request == "argocd-" .. run or request == "argocd-" .. (run + 1)
`,
  all: [
    { name: 'suspend', disabledIf: 'ended or mode ~= "Run"', change: mode('Suspend'), means: 'nothing new starts' },
    { name: 'resume', disabledIf: 'mode ~= "Suspend"', change: mode('Run'), means: 'goes on after suspend' },
    { name: 'stop', disabledIf: 'ended or mode == "Stop" or mode == "Cancel"', change: mode('Stop'), means: 'running attempts finish, the rest is cancelled' },
    { name: 'cancel', disabledIf: 'ended or mode == "Cancel"', change: mode('Cancel'), means: 'running attempts are aborted too' },
    {
      name: 'rerun',
      disabledIf: 'not ended or not ours',
      change: `obj.spec.runRequest = "argocd-" .. (obj.status.runNumber + 1)\n${mode('Run')}`,
      means: 'a mission that has ended runs again; not where somebody else has set runRequest, Git for example',
    },
  ],
};

const poolActions: Actions = {
  before: 'local mode = obj.spec.operatingMode or "Serve"\n',
  all: [
    { name: 'pause', disabledIf: 'mode == "Pause"', change: mode('Pause'), means: 'agents stay and get no new tasks' },
    { name: 'drain', disabledIf: 'mode == "Drain"', change: mode('Drain'), means: 'agents are removed once idle' },
    { name: 'serve', disabledIf: 'mode == "Serve"', change: mode('Serve'), means: 'agents get tasks again' },
  ],
};

/** Actions by kind; the other kinds are immutable or have nothing to steer. */
export const actions = { Mission: missionActions, AgentPool: poolActions } as const;

/** Lua that tells which actions there are, and which of them make sense now. */
export function discoveryLua({ before, all }: Actions): string {
  const entries = all.map(({ name, disabledIf }) => `actions["${name}"] = { ["disabled"] = ${disabledIf} }`);
  return [`${before}local actions = {}`, ...entries, 'return actions', ''].join('\n');
}

/** Lua that does one of them. */
export function actionLua({ change }: Action): string {
  return `${change}\nreturn obj\n`;
}
