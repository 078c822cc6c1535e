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
    try {
      return work(this.#core);
    } catch (cause) {
      throw this.#boundary.caught(cause);
    }
  }

  free() {
    if (this.#generation === this.#boundary.generation) this.#core?.free();
    this.#core = undefined;
  }
}
