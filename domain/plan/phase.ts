// The parts of a run. Each begins when the one before it is decided, so that plan order is also the order in time.

/** `survey`: what is looked at before there is a plan. `work`: spec.tasks. `verifier`: what checks commands and artifacts. `output`: what delivers the verified files. `finally`: spec.finally. */
export type Phase = 'survey' | 'work' | 'verifier' | 'output' | 'finally';
