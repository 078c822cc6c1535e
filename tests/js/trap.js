// A trap, and a trap after which no fresh instance can be had: what is thrown, and that all is well again afterwards. Runs
// in any runtime: `trapped(api)` gives one line for each expectation that failed.

/** Says that it has more bytes than Wasm can address, and needs none of them. */
class TooLong extends Uint8Array {
  get length() {
    return 4_294_967_000;
  }
}

/** @returns {string[]} */
export function trapped(api) {
  const faults = [];
  const expect = (what, got, expected) => got === expected || faults.push(`${what}: ${got}, not ${expected}`);
  /** The error of the code `wasm/trap` that comes of it. */
  const trap = (what, work) => {
    try {
      work();
      faults.push(`${what}: nothing thrown`);
    } catch (error) {
      expect(what, error instanceof api.ChildlinkError ? error.code : `${error?.name}: ${error?.message}`, "wasm/trap");
      return error;
    }
    return undefined;
  };
  const runOut = () => api.checkNhsNumbers(new TooLong());
  trap("a call that runs out of memory", runOut);
  expect("the next call", api.isNhsNumber("943 476 5919"), true);

  const { Instance } = WebAssembly;
  const refusal = new RangeError("no memory for another instance");
  WebAssembly.Instance = function refuse() {
    throw refusal;
  };
  try {
    const calls = {
      "a trap without memory for an instance": runOut,
      "a call while there is no instance": () => api.isNhsNumber("943 476 5919"),
      "another function": () => api.validateRecord({ nhs_number: "943 476 5919" }),
      "a batch": () => api.checkNhsNumbers(new Uint8Array(10)),
      "a reset": () => api.reset(),
      ...(api.Linker && { "a linker": () => new api.Linker(), "a pair": () => api.comparePair({}, {}) }),
      ...(api.parseNotification && { "a message": () => api.parseNotification(new Uint8Array(1)) }),
    };
    for (const [what, work] of Object.entries(calls)) expect(`the cause of ${what}`, trap(what, work)?.cause, refusal);
  } finally {
    WebAssembly.Instance = Instance;
  }
  expect("a call once there is memory again", api.isNhsNumber("943 476 5919"), true);
  expect("a record once there is memory again", api.validateRecord({ nhs_number: "943 476 5918" }).ok, false);
  return faults;
}
