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
