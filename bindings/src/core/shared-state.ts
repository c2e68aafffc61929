/** Hashers and growing trees: many of them on an engine that has room for one of each. */

import type { Core, DataExports } from "./core.ts";

/**
 * Lets several objects share what an engine has one of: the one that comes in finds its own state, and
 * that of the one before is kept meanwhile.
 */
export class SharedState {
  readonly #core: Core<DataExports>;
  readonly #save: DataExports["hashSave"];
  readonly #restore: DataExports["hashRestore"];
  /** Kept for those who are out; forgotten with them. */
  readonly #states = new WeakMap<object, Uint8Array>();
  #inside: object | undefined;

  constructor(
    core: Core<DataExports>,
    save: DataExports["hashSave"],
    restore: DataExports["hashRestore"],
  ) {
    this.#core = core;
    this.#save = save;
    this.#restore = restore;
  }

  /** Sets the state of a new object, by calls of the engine. */
  begin(who: object, set: () => void): void {
    this.#keep();
    set();
    this.#inside = who;
  }

  enter(who: object): void {
    if (this.#inside === who) return;
    this.#keep();
    const state = this.#states.get(who);
    if (state === undefined) throw new TypeError("this object has not begun");
    this.#core.checked(this.#restore, this.#core.placeOne(state));
    this.#inside = who;
  }

  /** The one inside no longer needs its state. */
  leave(): void {
    this.#inside = undefined;
  }

  #keep(): void {
    const who = this.#inside;
    if (who === undefined) return;
    this.#core.checked(this.#save);
    this.#states.set(who, this.#core.output());
    this.#inside = undefined;
  }
}
