import { interval, minutesOf, overlaps } from './interval.js';

/** A meeting room with what is booked in it today. */
export class Room {
  #bookings = [];

  constructor(name, seats) {
    this.name = name;
    this.seats = seats;
  }

  /** Books the room, unless somebody has it then or it is too small. */
  book(who, people, from, to) {
    if (people > this.seats) return { kind: 'refused', reason: `${this.name} has ${this.seats} seats` };
    const wanted = interval(from, to);
    const other = this.#bookings.find((booking) => overlaps(booking.interval, wanted));
    if (other !== undefined) return { kind: 'refused', reason: `${other.who} has ${this.name} then` };
    this.#bookings.push({ who, interval: wanted });
    return { kind: 'booked' };
  }

  /** Minutes that are booked. */
  get busyMinutes() {
    return this.#bookings.reduce((sum, booking) => sum + minutesOf(booking.interval), 0);
  }
}
