// The parts of a run. Each begins when the one before it is decided, so that plan order is also the order in time.

/** `work`: spec.tasks. `verifier`: what checks commands and artifacts. `output`: what delivers the verified files. `finally`: spec.finally. */
export type Phase = 'work' | 'verifier' | 'output' | 'finally';
