/**
 * A storage that fails at one of its writes, counted from 1: each statement that writes, the moment before a commit of
 * such and the moment after it. `fail` ends the process or throws.
 */
export function broken(storage, at, fail) {
  let writes = 0;
  let before = 0;
  const write = (values) => {
    writes += 1;
    if (writes === at) fail(values);
  };
  return {
    rows(sql, ...values) {
      if (/^(INSERT|DELETE|UPDATE)/.test(sql)) write(values);
      return storage.rows(sql, ...values);
    },
    transaction(work) {
      before = writes;
      const result = storage.transaction(() => {
        const result = work();
        if (writes > before) write([]);
        return result;
      });
      if (writes > before) write([]);
      return result;
    },
  };
}

/** `kill:5` or `throw:5`, as the test sets it; what is thrown tells what must not be told. */
export function breaking(storage, plan, kill) {
  if (!plan) return storage;
  const [how, at] = plan.split(":");
  const fail = (values) => {
    if (how === "kill") kill();
    throw new Error(`the disk is full: ${values.map((value) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value)).join(" ")}`);
  };
  return broken(storage, Number(at), fail);
}
