// Calls that share one way to the provider. Any of them may leave; the last one to leave calls it off.

/** A place in a flight. */
export interface Seat<T> {
  /** This call began the flight. */
  readonly isFirst: boolean;
  /** How the flight ended; undefined when `signal` aborted before, and others go on. */
  outcome(signal: AbortSignal): Promise<T | undefined>;
}

export interface Flights<T> {
  /** Joins the flight of this key, or begins it. Aborting the signal given to `fly` means that nobody waits any more. */
  board(key: string, fly: (signal: AbortSignal) => Promise<T>): Seat<T>;
}

interface Flight<T> {
  readonly key: string;
  readonly stop: AbortController;
  readonly landed: Promise<T>;
  seats: number;
}

/** No flights yet. */
export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();
  const close = (flight: Flight<T>): void => {
    if (flights.get(flight.key) === flight) flights.delete(flight.key);
  };
  return {
    board: (key, fly) => {
      const known = flights.get(key);
      const flight = known ?? begin(key, fly);
      flights.set(key, flight);
      // Attached before any seat waits: whoever comes after the landing begins anew.
      if (known === undefined) flight.landed.then(() => close(flight), () => close(flight));
      flight.seats += 1;
      return { isFirst: known === undefined, outcome: (signal) => outcomeOf(flight, signal, close) };
    },
  };
}

/** A flight for one. */
export function alone<T>(fly: (signal: AbortSignal) => Promise<T>): Seat<T> {
  return createFlights<T>().board('', fly);
}

function begin<T>(key: string, fly: (signal: AbortSignal) => Promise<T>): Flight<T> {
  const stop = new AbortController();
  return { key, stop, landed: fly(stop.signal), seats: 0 };
}

async function outcomeOf<T>(flight: Flight<T>, signal: AbortSignal, close: (flight: Flight<T>) => void): Promise<T | undefined> {
  const left = Promise.withResolvers<'left'>();
  const leave = (): void => left.resolve('left');
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    const first = await Promise.race([flight.landed.then((value) => ({ value })), left.promise]);
    if (first !== 'left') return first.value;
  } finally {
    signal.removeEventListener('abort', leave);
  }
  flight.seats -= 1;
  if (flight.seats > 0) return undefined;
  close(flight);
  flight.stop.abort();
  return flight.landed;
}
