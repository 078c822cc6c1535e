/** What every function of childlink throws: a stable code, what was found, what to do, and where. */
export class ChildlinkError extends Error {
  constructor(code, message, hint, field = null, options = undefined) {
    super(message, options);
    this.name = "ChildlinkError";
    this.code = code;
    this.hint = hint;
    this.field = field;
  }
}

/** What to throw for something that was thrown while the caller's own objects were read. */
function unread(cause) {
  if (cause instanceof ChildlinkError) return cause;
  // Not in its words, which may be about the record.
  const message = "an argument threw an error while it was read";
  return new ChildlinkError("argument/cannot-read", message, "see the cause; pass plain data", null, { cause });
}

/**
 * A function that throws nothing but a `ChildlinkError`: the getters and proxies of the objects that it is handed may
 * throw anything.
 */
export const shielded =
  (work) =>
  (...given) => {
    try {
      return work(...given);
    } catch (cause) {
      throw unread(cause);
    }
  };

/** The same for a function that promises. */
export const shieldedLater =
  (work) =>
  async (...given) => {
    try {
      return await work(...given);
    } catch (cause) {
      throw unread(cause);
    }
  };
