import { ChildlinkError } from "./error.js";

/**
 * What is held in Wasm until it is freed. It goes with its Wasm instance: after a reset or a trap every use tells so,
 * and freeing does nothing, since a fresh instance has taken the memory away already.
 */
export class Handle {
  #boundary;
  #core;
  #generation;
  #noun;
  #isBusy = false;
  #isEnding = false;

  constructor(boundary, noun, make) {
    this.#boundary = boundary;
    this.#noun = noun;
    try {
      this.#core = make();
    } catch (cause) {
      throw boundary.caught(cause);
    }
    this.#generation = boundary.generation;
  }

  /** Calls the core, unless it is gone. */
  use(work) {
    const isOurs = this.#generation === this.#boundary.generation;
    if (this.#core === undefined || !isOurs) {
      const fate = isOurs ? "has been freed" : "went with an earlier Wasm instance";
      throw new ChildlinkError(`${this.#noun}/gone`, `this ${this.#noun} ${fate}`, "load it again");
    }
    // A function of the caller that the core asks cannot use the core meanwhile.
    if (this.#isBusy) {
      throw new ChildlinkError(`${this.#noun}/busy`, `this ${this.#noun} is at work`, "wait for the call before to end");
    }
    this.#isBusy = true;
    try {
      return this.#boundary.call(() => work(this.#core));
    } finally {
      this.#isBusy = false;
      if (this.#isEnding) this.free();
    }
  }

  free() {
    if (this.#isBusy) {
      this.#isEnding = true;
      return;
    }
    if (this.#generation === this.#boundary.generation) this.#core?.free();
    this.#core = undefined;
  }
}
