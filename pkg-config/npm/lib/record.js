import { kindOf, text } from "./argument.js";
import { ChildlinkError } from "./error.js";

/**
 * Checks a record object: which canonical columns it has, their texts, and what keys are none. Gives all texts as one,
 * with a line break after each, and for each its column's place and its length: one text across the boundary costs far
 * less than ten.
 */
export function recordReader(boundary) {
  let places;
  const learnPlaces = () => {
    try {
      return new Map(boundary.glue.columnNames().map((name, place) => [name, place]));
    } catch (cause) {
      throw boundary.caught(cause);
    }
  };
  return (record) => {
    if (record === null || typeof record !== "object" || Array.isArray(record)) {
      throw new ChildlinkError(
        "argument/not-record",
        `the record must be an object with canonical columns as keys, not ${kindOf(record)}`,
        'pass for example { nhs_number: "943 476 5919", birth_date: "2024-02-29" }',
        "record",
      );
    }
    places ??= learnPlaces();
    const shape = [];
    let texts = "";
    for (const key of Object.keys(record)) {
      const place = places.get(key);
      const value = record[key];
      if (place === undefined) {
        throw new ChildlinkError(
          "argument/unknown-column",
          `"${key.slice(0, 100)}" is no canonical column`,
          "use the names of the type ChildRecord, for example birth_date; leave other keys out",
          key,
        );
      }
      if (value === undefined || value === null || value === "") continue;
      texts += `${text(value, key)}\n`;
      shape.push(place, value.length);
    }
    return { shape: new Uint32Array(shape), texts };
  };
}
