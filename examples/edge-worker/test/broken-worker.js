// The worker over a storage that fails when the test says so. A Durable Object is killed by aborting it.
import { IndexObject as Whole } from "../src/worker.js";
import { breaking } from "./broken.js";

export { default } from "../src/worker.js";

/** Once broken it works: the plan outlives the object that it ended. */
let isBroken = false;

export class IndexObject extends Whole {
  static storageOf(state, env) {
    const kill = () => {
      isBroken = true;
      state.abort("killed");
    };
    return breaking(super.storageOf(state, env), isBroken ? undefined : env.BREAK, kill);
  }
}
