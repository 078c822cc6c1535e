// Cloudflare: a Worker as the front door, a Durable Object as the owner. Its SQLite holds an answer back until what the
// answer follows from is durable.
import { DurableObject } from "cloudflare:workers";
import { createHandler } from "./handler.js";
import { IndexOwner } from "./owner.js";

export class IndexObject extends DurableObject {
  #owner;

  constructor(state, env) {
    super(state, env);
    this.#owner = new IndexOwner({
      storage: new.target.storageOf(state, env),
      openFile: async (name) => (await env.SNAPSHOTS.get(name))?.body ?? null,
      config: env,
      now: Date.now,
    });
  }

  static storageOf({ storage }) {
    return {
      rows: (sql, ...values) => storage.sql.exec(sql, ...values).toArray(),
      transaction: (work) => storage.transactionSync(work),
    };
  }

  serve(call) {
    return this.#owner.serve(call);
  }

  audit(entry) {
    return this.#owner.audit(entry);
  }
}

export default {
  fetch(request, env) {
    const owner = env.INDEX.get(env.INDEX.idFromName(env.INDEX_NAME ?? "index"));
    return createHandler({ config: env, owner })(request);
  },
};
